{# Why a figure differs between two days: one text for the marts of every day and for any two days
   that are asked for. A caller brings a relation `pair` (from_date, to_date, from_state, to_state).

   The figures of the first day are recomputed step by step until they are those of the second:

    1 source_outage     what a source shows that is out on one of the days goes or comes, whole
    2 appeared          rows of the second day alone come; where an EVSE has a copy already, that
                        one goes on speaking for it, so that another copy counts nothing here
    3 vanished          rows of the first day alone go; the next copy in line speaks for the EVSE
    4 repaired          what was readable on one of the days alone, or by another rule, is read as
                        on the second: power, status, country, operator
    5 deduplicated      which rows are one EVSE, and which speaks for it, as on the second day
    6 changed_status    status, with PLANNED and REMOVED
    7 changed_age       observations that became, or ceased to be, unverified or zombie
    8 changed_power     power
    9 changed_operator  operator and country

   6 to 9 are `changed`. What no step touches is in no row: a recomputation needs what differs alone.
#}
{% macro change_parts() -%}
    {{ return([
        'source_outage', 'appeared', 'vanished', 'repaired', 'deduplicated',
        'changed_status', 'changed_age', 'changed_power', 'changed_operator',
    ]) }}
{%- endmacro %}

{# What a row is in the recomputation before the first step, and after each: does it speak for an
   EVSE, is it published, and with which operator, country, counting, class and power. #}
{% macro change_states() -%}
    {{ return([
        ['speaks_0', 'is_present_0', 'from', 'from', 'from'],
        ['speaks_1', 'is_present_1', 'from', 'from', 'from'],
        ['speaks_2', 'is_present_2', 'from', 'from', 'from'],
        ['speaks_3', 'is_present_3', 'from', 'from', 'from'],
        ['speaks_3', 'is_present_3', 'read', 'read', 'read'],
        ['speaks_5', 'is_present_3', 'read', 'read', 'read'],
        ['speaks_5', 'is_present_3', 'read', 'told', 'read'],
        ['speaks_5', 'is_present_3', 'read', 'to', 'read'],
        ['speaks_5', 'is_present_3', 'read', 'to', 'to'],
        ['speaks_5', 'is_present_3', 'to', 'to', 'to'],
    ]) }}
{%- endmacro %}

{# The days of a pair, from a relation of snapshot days: each with the one whose EVSEs the day before
   showed, which is the day before itself unless nothing was loaded on it. Prices expire on such days,
   too: they are compared with the day before (`snapshot_date`). #}
{% macro day_pairs(snapshot_day, compared_with='state_date') -%}
    select distinct
        snapshot_day.snapshot_date as to_date,
        snapshot_day.state_date as to_state,
        before.{{ compared_with }} as from_date,
        before.state_date as from_state
    from {{ snapshot_day }} as snapshot_day
    inner join {{ snapshot_day }} as before
        on before.snapshot_date = snapshot_day.snapshot_date - 1
{%- endmacro %}

{# Grain: a row published on either day of the pair in scope that something moved, by itself or
   through another copy. For `from pair cross join lateral (...)`. #}
{% macro moved_rows(physical_evse, rekeyed, snapshot_day) -%}
    {%- set key = ['source', 'party', 'location_id', 'evse_uid'] -%}
    {%- set said = [
        'physical_evse_key', 'is_survivor', 'operator_id', 'country', 'is_counted',
        'observation_class', 'observation_reason', 'power_kw', 'power_method', 'power_reason',
        'evse_id', 'has_emi3_id', 'is_id_at_several_places', 'last_updated',
    ] -%}
    {#- Only what a figure is made of: an update that says the same moves nothing. -#}
    {%- set compared = [
        'physical_evse_key', 'is_survivor', 'operator_id', 'country', 'is_counted',
        'observation_class', 'power_kw',
    ] -%}
    {%- set unreadable = "('no_status', 'status_unrecognised', 'no_last_updated')" -%}
    {%- set aged = "('unverified', 'zombie')" -%}
    {%- set moved_columns = key[:] -%}
    {%- for column in said -%} {%- do moved_columns.extend(['from_' ~ column, 'to_' ~ column]) -%} {%- endfor -%}
    {%- set is_touched -%}
        coalesce(moved.from_physical_evse_key in (select touched.physical_evse_key from touched), false)
        or coalesce(moved.to_physical_evse_key in (select touched.physical_evse_key from touched), false)
    {%- endset -%}
    with

    moved as materialized (
        select
            {%- for column in key %}
            coalesce(before.{{ column }}, after.{{ column }}) as {{ column }},
            {%- endfor %}
            {%- for column in said %}
            before.{{ column }} as from_{{ column }},
            after.{{ column }} as to_{{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        {%- for day, has_changed in [
            ('from', 'same_to < pair.to_state'), ('to', 'same_from > pair.from_state'),
        ] %}
        {{ 'from' if loop.first else 'full join' }} (
            select *
            from {{ physical_evse }}
            where
                state_date = pair.{{ day }}_state
                and pair.from_state <> pair.to_state
                and {{ has_changed }}
            union all
            -- What has not, but for its key: each of both finds a row by an index.
            select *
            from {{ physical_evse }}
            where
                state_date = pair.{{ day }}_state
                and pair.from_state <> pair.to_state
                and not {{ has_changed }}
                and own_key in (
                    select rekeyed.own_key
                    from {{ rekeyed }} as rekeyed
                    where rekeyed.state_date in (pair.from_state, pair.to_state)
                )
        ) as {{ 'before' if loop.first else 'after' }}
        {%- endfor %}
            on
                {%- for column in key %}
                {{ 'and ' if not loop.first }}before.{{ column }} = after.{{ column }}
                {%- endfor %}
        where
            {%- for column in compared %}
            {{ 'or ' if not loop.first }}before.{{ column }} is distinct from after.{{ column }}
            {%- endfor %}
    ),

    -- EVSEs with a row that came or went: who speaks for them has to be found anew.
    touched as materialized (
        select from_physical_evse_key as physical_evse_key
        from moved
        where to_physical_evse_key is null
        union
        select to_physical_evse_key
        from moved
        where from_physical_evse_key is null
        union
        select stays.from_physical_evse_key
        from moved as stays
        inner join moved as comes
            on
                stays.to_physical_evse_key = comes.to_physical_evse_key
                and comes.from_physical_evse_key is null
        where stays.from_physical_evse_key <> stays.to_physical_evse_key
    ),

    -- Few: the rows of those EVSEs. For all others the same row goes on speaking.
    member as materialized (
        select *
        from moved
        where {{ is_touched }}
        union all
        -- Copies beside them that stand still.
        select
            {%- for column in key %}
            copy.{{ column }},
            {%- endfor %}
            {%- for column in said %}
            copy.{{ column }},
            copy.{{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ physical_evse }} as copy
        where
            copy.state_date = pair.from_state
            and copy.physical_evse_key in (select touched.physical_evse_key from touched)
            and copy.own_key in (
                select touched.physical_evse_key
                from touched
                union
                select rekeyed.own_key
                from {{ rekeyed }} as rekeyed
                inner join touched using (physical_evse_key)
                where rekeyed.state_date = pair.from_state
            )
            and not exists (
                select 1
                from moved
                where
                    {%- for column in key %}
                    {{ 'and ' if not loop.first }}moved.{{ column }} = copy.{{ column }}
                    {%- endfor %}
            )
    ),

    source_day as materialized (
        select
            source,
            before.source is not null as was_known,
            coalesce(before.is_carried, false) as was_carried,
            coalesce(after.is_carried, false) as is_carried,
            -- An observation of the second day, or with a source that left, what was the first's.
            case when after.is_carried then after.is_loaded else before.is_loaded end as is_observed
        from (select * from {{ snapshot_day }} where snapshot_date = pair.from_date) as before
        full join (select * from {{ snapshot_day }} where snapshot_date = pair.to_date) as after
            using (source)
    ),

    placed as (
        select
            member.*,
            {{ member_key('member') }} as member_key,
            {{ source_rank('member.source') }} as source_rank,
            source_day.is_observed,
            case
                when from_physical_evse_key is not null and to_physical_evse_key is not null then 'stays'
                when from_physical_evse_key is not null and source_day.is_carried then 'vanishes'
                when from_physical_evse_key is not null then 'goes_with_source'
                when source_day.was_known and not source_day.was_carried then 'comes_with_source'
                else 'appears'
            end as presence,
            case
                when from_physical_evse_key is null and to_has_emi3_id and not to_is_id_at_several_places
                    then {{ normalised_evse_id('to_evse_id') }}
                when to_physical_evse_key is null and from_has_emi3_id and not from_is_id_at_several_places
                    then {{ normalised_evse_id('from_evse_id') }}
            end as emi3_id
        from member
        inner join source_day using (source)
    ),

    -- One that came is a copy of an EVSE that stays, or goes on under another uid. By who is with it
    -- on the day and by the id, not by keys, which may be inherited differently on each of the days.
    mate as (
        select distinct on (to_physical_evse_key)
            to_physical_evse_key,
            from_physical_evse_key
        from placed
        where presence = 'stays'
        order by to_physical_evse_key, member_key collate "C"
    ),

    -- Grouped, not joined: of how many came and went the planner knows nothing, and goes through all
    -- pairs of them (Dutch feed: 6 of 8 s).
    renumbered as (
        select distinct on (comes.to_physical_evse_key)
            comes.to_physical_evse_key,
            same_id.from_physical_evse_key
        from (
            select
                (
                    array_agg(from_physical_evse_key order by member_key collate "C")
                    filter (where to_physical_evse_key is null)
                )[1] as from_physical_evse_key,
                min(member_key collate "C") filter (where to_physical_evse_key is null) as member_key,
                array_agg(distinct to_physical_evse_key) filter (where from_physical_evse_key is null)
                    as to_physical_evse_keys
            from placed
            where emi3_id is not null
            group by emi3_id
            having bool_or(to_physical_evse_key is null) and bool_or(from_physical_evse_key is null)
        ) as same_id
        cross join lateral unnest(same_id.to_physical_evse_keys) as comes (to_physical_evse_key)
        order by comes.to_physical_evse_key, same_id.member_key collate "C"
    ),

    grouped as (
        select
            placed.*,
            coalesce(
                placed.from_physical_evse_key,
                mate.from_physical_evse_key,
                renumbered.from_physical_evse_key,
                '+' || placed.to_physical_evse_key
            ) as group_key,
            placed.presence in ('stays', 'vanishes', 'comes_with_source') as is_present_1,
            placed.presence <> 'goes_with_source' as is_present_2,
            placed.presence in ('stays', 'comes_with_source', 'appears') as is_present_3,
            coalesce(
                case when placed.from_physical_evse_key is null then placed.to_last_updated end,
                placed.from_last_updated
            ) as last_updated,
            case placed.presence when 'comes_with_source' then 1 when 'appears' then 2 else 0 end
                as turn
        from placed
        left join mate
            on
                placed.from_physical_evse_key is null
                and placed.to_physical_evse_key = mate.to_physical_evse_key
        left join renumbered
            on
                placed.from_physical_evse_key is null
                and placed.to_physical_evse_key = renumbered.to_physical_evse_key
    ),

    spoken as (
        select
            {{ columns_of('moved', moved_columns) }},
            source_day.is_observed,
            'stays' as presence,
            moved.from_physical_evse_key as group_key,
            {%- for step in [1, 2, 3] %}
            true as is_present_{{ step }},
            moved.from_is_survivor as speaks_{{ step }}{{ ',' if not loop.last }}
            {%- endfor %}
        from moved
        inner join source_day using (source)
        where not ({{ is_touched }})
        union all
        select
            {{ columns_of('grouped', moved_columns) }},
            grouped.is_observed,
            grouped.presence,
            grouped.group_key,
            {%- for step in [1, 2, 3] %}
            is_present_{{ step }},
            is_present_{{ step }}
            and row_number() over (
                partition by group_key, is_present_{{ step }}
                order by
                    turn, last_updated desc nulls last, source_rank, member_key collate "C"
            ) = 1 as speaks_{{ step }}{{ ',' if not loop.last }}
            {%- endfor %}
        from grouped
    ),

    judged as (
        select
            spoken.*,
            presence = 'stays' as stays,
            presence = 'stays' and (
                from_power_method is distinct from to_power_method
                or from_power_reason is distinct from to_power_reason
            ) as is_power_repaired,
            presence = 'stays' and coalesce(from_observation_reason in {{ unreadable }}, false)
            <> coalesce(to_observation_reason in {{ unreadable }}, false) as is_status_repaired,
            presence = 'stays'
            and (from_operator_id = 'unknown') <> (to_operator_id = 'unknown') as is_operator_repaired,
            presence = 'stays' and (from_country = 'unknown') <> (to_country = 'unknown')
                as is_country_repaired,
            presence = 'stays' and from_is_counted = to_is_counted
            and (
                coalesce(from_observation_reason in {{ aged }}, false)
                or coalesce(to_observation_reason in {{ aged }}, false)
            ) as is_aged
        from spoken
    )

    select
        source,
        party,
        location_id,
        evse_uid,
        coalesce(from_physical_evse_key, to_physical_evse_key) as from_key,
        coalesce(to_physical_evse_key, from_physical_evse_key) as to_key,
        group_key,
        coalesce(from_is_survivor, false) as speaks_0,
        speaks_1,
        speaks_2,
        speaks_3,
        coalesce(to_is_survivor, false) as speaks_5,
        from_physical_evse_key is not null as is_present_0,
        is_present_1,
        is_present_2,
        is_present_3,
        is_observed,
        {%- for column, repaired in [
            ('operator_id', 'is_operator_repaired'), ('country', 'is_country_repaired'),
            ('is_counted', 'is_status_repaired'), ('observation_class', 'is_status_repaired'),
            ('power_kw', 'is_power_repaired'),
        ] %}
        case when is_present_3 and not stays then to_{{ column }} else from_{{ column }} end
            as from_{{ column }},
        case when {{ repaired }} or is_present_3 and not stays then to_{{ column }} else from_{{ column }} end
            as read_{{ column }},
        case when is_present_3 then to_{{ column }} else from_{{ column }} end as to_{{ column }},
        {%- endfor %}
        {%- for column in ['is_counted', 'observation_class'] %}
        case
            when is_present_3 and (is_status_repaired or not is_aged) then to_{{ column }}
            else from_{{ column }}
        end as told_{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from judged
{%- endmacro %}
