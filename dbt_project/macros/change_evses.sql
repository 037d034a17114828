{# The EVSEs behind each part: what a step of change.sql took from a figure, or added to it, by EVSE.
   Grain: pair, part, EVSE, operator, country. `from pair` is for the caller to restrict. #}
{% macro evse_changes(pair, physical_evse, rekeyed, snapshot_day) -%}
    {%- set parts = change_parts() -%}
    {%- set states = change_states() -%}
    select
        pair.to_date as snapshot_date,
        pair.from_date as compared_with,
        step.part,
        state.physical_evse_key,
        state.operator_id,
        state.country,
        sum(state.sign * (state.speaks and state.is_counted)::integer) as evses,
        sum(case when state.speaks and state.is_counted then state.sign * state.power_kw else 0 end)
            as power_kw,
        -- A row published under another key is still published.
        sum(case when step.part <> 'deduplicated' then state.sign * state.power_kw else 0 end)
            as published_power_kw,
        {%- for measure, class in [('up', 'U'), ('down', 'D'), ('unknown', 'K')] %}
        sum(
            state.sign * coalesce(
                member.is_observed and state.speaks and state.observation_class = '{{ class }}', false
            )::integer
        ) as {{ measure }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ pair }} as pair
    cross join lateral (
        {{ moved_rows(physical_evse, rekeyed, snapshot_day) | indent(8) }}
    ) as member
    cross join lateral (
        values
        {%- for part in parts %}
        (
            '{{ part }}',
            {%- for number in [loop.index0, loop.index] %}
            {%- set speaks, is_present, place, status, power = states[number] %}
            -- The new key of an EVSE counts from deduplication on; one that is new has no other.
            case when {{ number < 5 }} and member.group_key not like '+%' then member.group_key else member.to_key end,
            {#- One that is not there says nothing that could differ. -#}
            {%- for column, kind in [
                ('operator_id', place), ('country', place), ('is_counted', status),
                ('observation_class', status), ('power_kw', power),
            ] %}
            case when member.{{ is_present }} then member.{{ kind }}_{{ column }} end,
            {%- endfor %}
            member.{{ is_present }} and member.{{ speaks }}{{ ',' if loop.first }}
            {%- endfor %}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as step (
        part,
        {%- for side in ['before', 'after'] %}
        {{ side }}_key,
        {{ side }}_operator_id,
        {{ side }}_country,
        {{ side }}_is_counted,
        {{ side }}_observation_class,
        {{ side }}_power_kw,
        {{ side }}_speaks{{ ',' if not loop.last }}
        {%- endfor %}
    )
    cross join lateral (
        values
        {%- for side, sign in [('before', '-1'), ('after', '1')] %}
        (
            {{ sign }},
            step.{{ side }}_key,
            step.{{ side }}_operator_id,
            step.{{ side }}_country,
            step.{{ side }}_is_counted,
            step.{{ side }}_observation_class,
            coalesce(step.{{ side }}_power_kw, 0),
            step.{{ side }}_speaks
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as state (
        sign, physical_evse_key, operator_id, country, is_counted, observation_class, power_kw, speaks
    )
    where
        (
            {%- for column in ['operator_id', 'country', 'is_counted', 'observation_class', 'power_kw', 'speaks'] %}
            {{ 'or ' if not loop.first }}step.before_{{ column }} is distinct from step.after_{{ column }}
            {%- endfor %}
            or step.before_key <> step.after_key and step.after_speaks
        )
        and state.is_counted
    group by
        pair.to_date, pair.from_date, step.part, state.physical_evse_key, state.operator_id, state.country
    having
        sum(state.sign * (state.speaks and state.is_counted)::integer) <> 0
        or sum(case when state.speaks and state.is_counted then state.sign * state.power_kw else 0 end) <> 0
        or sum(case when step.part <> 'deduplicated' then state.sign * state.power_kw else 0 end) <> 0
        {%- for class in ['U', 'D', 'K'] %}
        or sum(
            state.sign * coalesce(
                member.is_observed and state.speaks and state.observation_class = '{{ class }}', false
            )::integer
        ) <> 0
        {%- endfor %}
{%- endmacro %}
