{# What the steps of change.sql make of the headline figures. #}
{% macro change_measures() -%}
    {{ return(['evses', 'power_kw', 'published_power_kw', 'up', 'down', 'unknown']) }}
{%- endmacro %}

{# Rounded before it is subtracted, so that differences of shares add up to the last digit. #}
{% macro share_up(prefix, kind) -%}
    round(
        ({{ prefix }}up{{ ' + ' ~ prefix ~ 'unknown' if kind == 'high' }})::numeric
        / nullif({{ prefix }}up + {{ prefix }}down{{ ' + ' ~ prefix ~ 'unknown' if kind != 'mid' }}, 0),
        12
    )
{%- endmacro %}

{# Grain: pair, step, operator, country. What the EVSEs that something moved amount to before the first
   step (0) and after each; for `pair` (see change.sql). #}
{% macro figure_steps(pair, physical_evse, rekeyed, snapshot_day) -%}
    {%- set discrete = [
        'speaks_0', 'speaks_1', 'speaks_2', 'speaks_3', 'speaks_5',
        'is_present_0', 'is_present_1', 'is_present_2', 'is_present_3', 'is_observed',
        'from_operator_id', 'from_country', 'from_is_counted', 'from_observation_class',
        'read_operator_id', 'read_country', 'read_is_counted', 'read_observation_class',
        'told_is_counted', 'told_observation_class',
        'to_operator_id', 'to_country', 'to_is_counted', 'to_observation_class',
    ] -%}
    with

    -- Rows alike in all but their power are one from here on.
    alike as (
        select
            pair.from_date,
            pair.to_date,
            {%- for column in discrete %}
            member.{{ column }},
            {%- endfor %}
            count(*) as evses,
            coalesce(sum(member.from_power_kw), 0) as from_power_kw,
            coalesce(sum(member.read_power_kw), 0) as read_power_kw,
            coalesce(sum(member.to_power_kw), 0) as to_power_kw
        from {{ pair }} as pair
        cross join lateral (
            {{ moved_rows(physical_evse, rekeyed, snapshot_day) | indent(12) }}
        ) as member
        group by
            pair.from_date,
            pair.to_date,
            {%- for column in discrete %}
            member.{{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
    ),

    state as (
        select
            alike.from_date,
            alike.to_date,
            state.step,
            state.operator_id,
            state.country,
            case when state.speaks then alike.evses else 0 end as evses,
            case when state.speaks then state.power_kw else 0 end as power_kw,
            state.power_kw as published_power_kw,
            case when state.speaks and alike.is_observed then state.observation_class end
                as observation_class
        from alike
        cross join lateral (
            values
            {%- for speaks, is_present, place, status, power in change_states() %}
            (
                {{ loop.index0 }},
                alike.{{ speaks }},
                alike.{{ is_present }},
                alike.{{ place }}_operator_id,
                alike.{{ place }}_country,
                alike.{{ status }}_is_counted,
                alike.{{ status }}_observation_class,
                alike.{{ power }}_power_kw
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as state (
            step, speaks, is_present, operator_id, country, is_counted, observation_class, power_kw
        )
        where state.is_present and state.is_counted
    )

    select
        from_date,
        to_date,
        step,
        operator_id,
        country,
        sum(evses) as evses,
        sum(power_kw) as power_kw,
        sum(published_power_kw) as published_power_kw,
        coalesce(sum(evses) filter (where observation_class = 'U'), 0) as up,
        coalesce(sum(evses) filter (where observation_class = 'D'), 0) as down,
        coalesce(sum(evses) filter (where observation_class = 'K'), 0) as unknown
    from state
    group by from_date, to_date, step, operator_id, country
{%- endmacro %}

{# Grain: pair, level, operator, country, figure. Caller brings `pair` (see change.sql), and the steps as
   `weight`. #}
{% macro figure_changes(snapshot_day, evse_day, operator_power, operator_reliability) -%}
    {%- set parts = change_parts() -%}
    {%- set measures = change_measures() -%}
    -- What a source that is carried over both days shows, and was observed on one of them alone.
    looked_at as (
        select
            pair.from_date,
            pair.to_date,
            evse_day.operator_id,
            evse_day.country,
            evse_day.observation_class,
            case when after.is_loaded then evse_day.evses else -evse_day.evses end as evses
        from pair
        inner join {{ snapshot_day }} as before
            on pair.from_date = before.snapshot_date and before.is_carried
        inner join {{ snapshot_day }} as after
            on
                pair.to_date = after.snapshot_date
                and before.source = after.source
                and after.is_carried
                and before.is_loaded <> after.is_loaded
        inner join {{ evse_day }} as evse_day
            on pair.from_state = evse_day.state_date and before.source = evse_day.source
    ),

    moved as (
        {%- for sign, step in [('', 'step'), ('-', 'step + 1')] %}
        select
            from_date,
            to_date,
            {{ step }} as step,
            operator_id,
            country,
            {%- for measure in measures %}
            {{ sign }}{{ measure }} as {{ measure }}{{ ',' if not loop.last }}
            {%- endfor %}
        from weight
        where {{ step }} between 1 and {{ parts | length }}
        union all
        {%- endfor %}
        select
            from_date,
            to_date,
            1 as step,
            operator_id,
            country,
            0 as evses,
            0 as power_kw,
            0 as published_power_kw,
            case observation_class when 'U' then evses else 0 end as up,
            case observation_class when 'D' then evses else 0 end as down,
            case observation_class when 'K' then evses else 0 end as unknown
        from looked_at
    ),

    part as (
        select
            from_date,
            to_date,
            operator_id,
            country,
            {%- for number in range(1, parts | length + 1) %}{% set last = loop.last %}
            {%- for measure in measures %}
            coalesce(sum({{ measure }}) filter (where step = {{ number }}), 0)
                as {{ measure }}_{{ number }}{{ ',' if not (last and loop.last) }}
            {%- endfor %}
            {%- endfor %}
        from moved
        group by from_date, to_date, operator_id, country
    ),

    -- The figures as they are published.
    published as (
        select
            snapshot_date,
            operator_id,
            power.operator_name,
            country,
            power.evses,
            -- To the watt, as every power is: what a float adds to it is no part of a change.
            round(power.power_kw::numeric, 3) as power_kw,
            round(power.published_power_kw::numeric, 3) as published_power_kw,
            coalesce(reliability.up, 0) as up,
            coalesce(reliability.down, 0) as down,
            coalesce(reliability.unknown, 0) as unknown,
            coalesce(reliability.fresh_evses, 0) as fresh_evses,
            coalesce(reliability.scheduled, 0) as scheduled
        from {{ operator_power }} as power
        left join {{ operator_reliability }} as reliability using (snapshot_date, operator_id, country)
    ),

    of_both as (
        {%- for day in ['from', 'to'] %}
        select
            pair.from_date,
            pair.to_date,
            published.operator_id,
            published.country,
            {%- for other in ['from', 'to'] %}
            {%- for column in ['operator_name'] + measures + ['fresh_evses', 'scheduled'] %}
            {% if other == day %}published.{{ column }}{% elif column == 'operator_name' %}null{% else %}0{% endif %} as {{ other }}_{{ column }},
            {%- endfor %}
            {%- endfor %}
            {%- for number in range(1, parts | length + 1) %}{% set last = loop.last %}
            {%- for measure in measures %}
            0 as {{ measure }}_{{ number }}{{ ',' if not (last and loop.last) }}
            {%- endfor %}
            {%- endfor %}
        from pair
        inner join published on pair.{{ day }}_date = published.snapshot_date
        union all
        {%- endfor %}
        select
            from_date,
            to_date,
            operator_id,
            country,
            {%- for other in ['from', 'to'] %}
            {%- for column in ['operator_name'] + measures + ['fresh_evses', 'scheduled'] %}
            {{ 'null' if column == 'operator_name' else 0 }} as {{ other }}_{{ column }},
            {%- endfor %}
            {%- endfor %}
            {%- for number in range(1, parts | length + 1) %}{% set last = loop.last %}
            {%- for measure in measures %}
            {{ measure }}_{{ number }}{{ ',' if not (last and loop.last) }}
            {%- endfor %}
            {%- endfor %}
        from part
    ),

    summed as (
        select
            from_date,
            to_date,
            case
                when grouping(country) = 1 then 'total'
                when grouping(operator_id) = 1 then 'country'
                else 'operator'
            end as level,
            case when grouping(operator_id) = 0 then operator_id else 'all' end as operator_id,
            case
                -- One that is between its names for some steps alone has none of its own.
                when grouping(operator_id) = 0
                    then coalesce(max(to_operator_name), max(from_operator_name), operator_id)
                else 'All operators'
            end as operator_name,
            case when grouping(country) = 0 then country else 'all' end as country,
            {%- for other in ['from', 'to'] %}
            {%- for column in measures + ['fresh_evses', 'scheduled'] %}
            sum({{ other }}_{{ column }}) as {{ other }}_{{ column }},
            {%- endfor %}
            {%- endfor %}
            {%- for number in range(1, parts | length + 1) %}{% set last = loop.last %}
            {%- for measure in measures %}
            sum({{ measure }}_{{ number }}) as {{ measure }}_{{ number }}{{ ',' if not (last and loop.last) }}
            {%- endfor %}
            {%- endfor %}
        from of_both
        group by grouping sets (
            (from_date, to_date, operator_id, country),
            (from_date, to_date, country),
            (from_date, to_date)
        )
    ),

    -- Kept, like what follows: folded into it, each sum and share would be computed some hundred times.
    recomputed as materialized (
        select
            summed.*,
            {%- for other in ['from', 'to'] %}
            {{ other }}_fresh_evses >= 30
            and {{ other }}_up + {{ other }}_down + {{ other }}_unknown >= 0.8 * {{ other }}_scheduled
                as is_{{ other }}_published,
            {%- endfor %}
            {%- for number in range(0, parts | length + 1) %}{% set last = loop.last %}
            {%- for measure in ['up', 'down', 'unknown'] %}
            from_{{ measure }}
            {%- for earlier in range(1, number + 1) %} + {{ measure }}_{{ earlier }}{% endfor %}
                as x{{ number }}_{{ measure }}{{ ',' if not (last and loop.last) }}
            {%- endfor %}
            {%- endfor %}
        from summed
    ),

    ratio as materialized (
        select
            recomputed.*,
            {%- for number in range(0, parts | length + 1) %}{% set last = loop.last %}
            {%- set x = 'x' ~ number ~ '_' %}
            {%- for kind in ['low', 'mid', 'high'] %}
            {{ share_up(x, kind) }} as x{{ number }}_{{ kind }}{{ ',' if not (last and loop.last) }}
            {%- endfor %}
            {%- endfor %}
        from recomputed
    ),

    figure as (
        select
            ratio.from_date,
            ratio.to_date,
            ratio.level,
            ratio.operator_id,
            ratio.operator_name,
            ratio.country,
            figure.*
        from ratio
        cross join lateral (
            values
            {%- for measure in ['evses', 'power_kw', 'published_power_kw'] %}
            (
                '{{ measure }}',
                from_{{ measure }}::numeric,
                to_{{ measure }}::numeric,
                {%- for number in range(1, parts | length + 1) %}
                {{ measure }}_{{ number }}::numeric{{ ',' if not loop.last }}
                {%- endfor %}
            ),
            {%- endfor %}
            {%- for kind in ['low', 'mid', 'high'] %}
            {%- set is_published = 'is_from_published and is_to_published and x0_' ~ kind
                ~ ' is not null and x' ~ (parts | length) ~ '_' ~ kind ~ ' is not null' %}
            (
                'reliability_{{ kind }}',
                case when is_from_published then {{ share_up('from_', kind) }} end,
                case when is_to_published then {{ share_up('to_', kind) }} end,
                {%- for number in range(1, parts | length + 1) %}
                {#- Without an observation left, a ratio stands still until there is one again. #}
                case
                    when {{ is_published }}
                        then coalesce(
                            {%- for earlier in range(number, -1, -1) %}
                            x{{ earlier }}_{{ kind }}{{ ',' if not loop.last }}
                            {%- endfor %}
                        ) - coalesce(
                            {%- for earlier in range(number - 1, -1, -1) %}
                            x{{ earlier }}_{{ kind }}{{ ',' if not loop.last }}
                            {%- endfor %}
                        )
                end{{ ',' if not loop.last }}
                {%- endfor %}
            ){{ ',' if not loop.last }}
            {%- endfor %}
        ) as figure (figure, from_value, to_value, {{ parts | join(', ') }})
    )

    select
        to_date as snapshot_date,
        from_date as compared_with,
        level,
        operator_id,
        operator_name,
        country,
        figure,
        {%- for column, value in [
            ('from_value', 'from_value'), ('to_value', 'to_value'), ('change', 'to_value - from_value'),
            ('source_outage', 'source_outage'), ('appeared_vanished', 'appeared + vanished'),
            ('repaired', 'repaired'), ('deduplicated', 'deduplicated'),
            ('changed', 'changed_status + changed_age + changed_power + changed_operator'),
            ('appeared', 'appeared'), ('vanished', 'vanished'), ('changed_status', 'changed_status'),
            ('changed_age', 'changed_age'), ('changed_power', 'changed_power'),
            ('changed_operator', 'changed_operator'),
        ] %}
        trim_scale({{ value }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from figure
{%- endmacro %}
