{# The threshold of fast charging in laws: of the strongest connector; without a power it is not. #}
{% macro is_50_kw(power_kw) -%}
    coalesce({{ power_kw }} >= 50, false)
{%- endmacro %}

{# The sums of a power mart over rows of evse_day joined to their calendar day (`day`). Sums of exact
   numbers, cast last, so that the order of rows does not matter. #}
{% macro power_sums() %}
    sum(evse_day.evses)::bigint as evses,
    sum(evse_day.power_kw) as power_kw,
    sum(evse_day.declared_power_kw) as declared_power_kw,
    sum(evse_day.evses_without_power)::bigint as evses_without_power,
    coalesce(sum(evse_day.evses) filter (where not evse_day.is_fresh), 0)::bigint as unverified_evses,
    coalesce(sum(evse_day.power_kw) filter (where not evse_day.is_fresh), 0) as unverified_power_kw,
    sum(evse_day.published_evses)::bigint as published_evses,
    sum(evse_day.published_power_kw) as published_power_kw,
    max(day.days_since_snapshot) as days_since_snapshot
{% endmacro %}

{# What is told of them, the naive figure and what merging took out beside the figure. #}
{% macro power_figures() %}
    evses,
    power_kw::float8 as power_kw,
    declared_power_kw::float8 as declared_power_kw,
    (power_kw - declared_power_kw)::float8 as derived_power_kw,
    (declared_power_kw / nullif(power_kw, 0))::float8 as declared_share,
    ((power_kw - declared_power_kw) / nullif(power_kw, 0))::float8 as derived_share,
    evses_without_power,
    unverified_evses,
    unverified_power_kw::float8 as unverified_power_kw,
    published_evses,
    published_power_kw::float8 as published_power_kw,
    published_evses - evses as deduplicated_evses,
    (published_power_kw - power_kw)::float8 as deduplicated_power_kw,
    days_since_snapshot
{% endmacro %}
