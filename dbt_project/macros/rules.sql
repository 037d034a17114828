{# Rules that more than one model applies. #}

{# The day being built: a setting of the transaction, so that one text serves every day. #}
{% macro state_day() -%}
    nullif(current_setting('ocpi_warehouse.state_day', true), '')::date
{%- endmacro %}

{# The days being built of a model whose days are built at once: put in for the setting. #}
{% macro is_due(day) -%}
    {{ day }} = any({{ due_days() }})
{%- endmacro %}

{% macro due_days() -%}
    current_setting('ocpi_warehouse.due_days', true)::date[]
{%- endmacro %}

{# A constant in the statement of a `daily` model, so that the planner knows how much of history is
   before it. #}
{% macro first_due_day() -%}
    (select coalesce(min(due.day), '-infinity') from unnest({{ due_days() }}) as due (day))
{%- endmacro %}

{# The version of a history table that was true on a day. #}
{% macro is_true_on(relation, day) -%}
    {{ relation }}.valid_from <= {{ day }}
    and ({{ relation }}.valid_to is null or {{ relation }}.valid_to > {{ day }})
{%- endmacro %}

{# A line of a seed, on the days that it gives itself. #}
{% macro is_in_force(relation, day) -%}
    coalesce({{ relation }}.valid_from <= {{ day }}, true)
    and coalesce({{ relation }}.valid_to > {{ day }}, true)
{%- endmacro %}

{# '/' parts the key, so it may not stand inside a part. #}
{% macro member_key(relation) -%}
    {%- set parts = [] -%}
    {%- for column in ['source', 'party', 'location_id', 'evse_uid'] -%}
        {%- do parts.append("replace(" ~ relation ~ "." ~ column ~ ", '/', '%2F')") -%}
    {%- endfor -%}
    {{ parts | join(" || '/' || ") }}
{%- endmacro %}

{# The one index that finds a member on any day: eight bytes instead of four texts, of which a
   national feed has 166,000 a day. Whoever asks by it compares the four columns, too. #}
{% macro member_hash(relation='') -%}
    {%- set owner = relation ~ '.' if relation else '' -%}
    hashtextextended({{ owner }}location_id || '/' || {{ owner }}evse_uid, 0)
{%- endmacro %}

{# A key of several columns: listed, and compared. #}
{% macro columns_of(relation, columns) -%}
    {%- for column in columns -%}
        {{ relation }}.{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{% macro same(one, other, columns) -%}
    {%- for column in columns -%}
        {{ one }}.{{ column }} = {{ other }}.{{ column }}{{ ' and ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# evse_id in upper case, without the separators that eMI3 leaves to taste, and without blanks. #}
{% macro normalised_evse_id(column) -%}
    translate(upper({{ column }}), '*-. ' || chr(9) || chr(10) || chr(13) || chr(160), '')
{%- endmacro %}

{# By the shape alone; that an id is a constant only a whole feed shows (evse_span.has_emi3_id). #}
{% macro looks_like_emi3(normalised) -%}
    {{ normalised }} ~ '^[A-Z]{2}[A-Z0-9]{3}E.'
{%- endmacro %}

{# A name as an id: lower case, blanks and ASCII punctuation become one underscore. The ranges are
   spelt out, since [[:alnum:]] knows no Cyrillic under the C locale: every name would be empty. #}
{% macro name_slug(column) -%}
    nullif(btrim(regexp_replace(lower({{ column }}), '[\s\u00a0!-/:-@\[-`{-~]+', '_', 'g'), '_'), '')
{%- endmacro %}

{# Great-circle distance; good to 0.5 %, which is 1 m in 250. #}
{% macro distance_m(latitude_a, longitude_a, latitude_b, longitude_b) -%}
    case
        when {{ latitude_a }} + {{ longitude_a }} + {{ latitude_b }} + {{ longitude_b }} is not null
            then
                2 * 6371000 * asin(
                    least(
                        1,
                        sqrt(
                            power(sin(radians(({{ latitude_b }} - {{ latitude_a }}) / 2)), 2)
                            + cos(radians({{ latitude_a }})) * cos(radians({{ latitude_b }}))
                            * power(sin(radians(({{ longitude_b }} - {{ longitude_a }}) / 2)), 2)
                        )
                    )
                )
    end
{%- endmacro %}

{# Lower Wilson bound (z = 1.96) of successes in trials: 3 of 3 is not better than 990 of 1,000.
   NULL without a trial. The trials are EVSEs, never minutes. #}
{% macro wilson_lower(successes, trials) -%}
    {%- set n = "nullif(" ~ trials ~ ", 0)::float8" -%}
    {%- set share = "(" ~ successes ~ " / " ~ n ~ ")" -%}
    greatest(
        0,
        (
            {{ share }} + 3.8416 / (2 * {{ n }})
            - 1.96 * sqrt(({{ share }} * (1 - {{ share }}) + 3.8416 / (4 * {{ n }})) / {{ n }})
        ) / nullif(1 + 3.8416 / {{ n }}, 0)
    )
{%- endmacro %}

{# Status of an EVSE by those of its connectors, for sources that have it at that level alone; an
   aggregate. Only one connector can be used at a time, so that what is in use, or could be, comes
   first. A word that is in no vocabulary counts where there is no other, so that it is not hidden. #}
{% macro status_of_connectors(column) -%}
    {%- set order = "array['CHARGING', 'FINISHING', 'PREPARING', 'RESERVED', 'AVAILABLE', 'BLOCKED',"
        ~ " 'INOPERATIVE', 'OUTOFORDER', 'PLANNED', 'UNKNOWN', 'REMOVED']" -%}
    coalesce(({{ order }})[min(array_position({{ order }}, {{ column }}))], min({{ column }}))
{%- endmacro %}

{# What a variable {source: value} says of the source in a column. #}
{% macro of_source(variable, column, otherwise) -%}
    {%- set known = var(variable) -%}
    {%- if known is mapping and known -%}
        case {{ column }}
            {%- for name, value in known.items() %}
            when '{{ name }}' then {{ "'" ~ value ~ "'" if value is string else value }}
            {%- endfor %}
            else {{ otherwise }}
        end
    {%- else -%}
        {{ otherwise }}
    {%- endif -%}
{%- endmacro %}

{# Rank of a source between copies of the same age. #}
{% macro source_rank(column) -%}
    {{ of_source('source_ranks', column, '100') }}
{%- endmacro %}

{# Dialect of a source; NULL for one that sources.yml names no more. #}
{% macro source_dialect(column) -%}
    {{ of_source('source_dialects', column, 'null::text') }}
{%- endmacro %}

{# Whether a past day of the source can be asked for: then a pull may be of any time after it. #}
{% macro is_replayed(column) -%}
    {{ of_source('replayed_sources', column, 'false') }}
{%- endmacro %}

{# CHARGING for too long, also where nothing at all was heard for over 30 days. #}
{% macro is_zombie(observation_reason, status) -%}
    ({{ observation_reason }} = 'zombie' or {{ observation_reason }} = 'unverified' and {{ status }} = 'CHARGING')
{%- endmacro %}

{# What hours are counted as, by what was believed of an EVSE. What said that it is broken and was not
   heard of since is no evidence of being available, under any rule. #}
{% macro state_of_hours(observation_class, status) -%}
    case
        when {{ observation_class }} = 'K' and {{ status }} in ('INOPERATIVE', 'OUTOFORDER')
            then 'unverified_down'
        when {{ observation_class }} = 'K' then 'unknown'
        when {{ observation_class }} = 'D' then 'down'
        when {{ status }} = 'AVAILABLE' then 'free'
        when {{ status }} = 'BLOCKED' then 'blocked'
        else 'occupied'
    end
{%- endmacro %}

{# How long a state is believed from one observation to the next [h]: 26 at most, what is beyond is
   unobserved; none where a clock went back. #}
{% macro hours_between(earlier, later) -%}
    trim_scale(round(greatest(0, least(26, extract(epoch from {{ later }} - {{ earlier }}) / 3600)), 6))
{%- endmacro %}
