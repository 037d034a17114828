{# Which physical EVSEs' events are told anew where only some days are built (see versions.sql). #}

{# A pre-hook of network_event. An EVSE's events are told from all of its changes, so that one that
   moved is replaced whole. It has moved where
     - it has changed, or had an event, on a day that the loads have moved or the one after it, or on
       the next state day, whose events are named by such a day;
     - it left with its source, which has been loaded on such a day: it may be gone, too;
     - it vanished within the grace of its source, which a day more or less makes shorter or longer. #}
{% macro forget_moved_events() -%}
    {%- call taking_out() -%}
        {%- set key_change = ref('evse_key_change') -%}
        {%- set snapshot_day = ref('snapshot_day') -%}
        create temporary table {{ moved_keys() }} on commit drop as
        with
        moved_day as materialized (
            select distinct moved.day + later.days as day
            from ({{ moved_days() }}) as moved (day)
            cross join (values (0), (1)) as later (days)
        ),
        named_day as materialized (
            select state_date as day
            from (
                select
                    state_date,
                    lag(state_date) over (order by state_date) as day_before
                from (select distinct state_date from {{ snapshot_day }}) as state_day
            ) as followed
            where day_before = any(array(select day from moved_day))
        ),
        source_span as (
            select max(snapshot_date) as last_loaded_on
            from {{ snapshot_day }}
            where is_loaded
            group by source
        )
        select physical_evse_key from {{ ref('evse_stock_change') }}
        where state_date = any(array(select day from moved_day))
        union
        select physical_evse_key from {{ key_change }}
        where state_date = any(array(select day from moved_day))
        union
        select physical_evse_key from {{ this }}
        where
            snapshot_date = any(array(select day from moved_day))
            or snapshot_date = any(array(select day from named_day))
            or grace_state = 'missing'
            or grace_state = 'vanished' and exists (
                select 1
                from source_span
                where
                    snapshot_date <= last_loaded_on
                    and snapshot_date > last_loaded_on - {{ var('grace_days') }}
            )
        union
        select event.physical_evse_key
        from {{ this }} as event
        inner join {{ key_change }} as key_change
            on
                event.physical_evse_key = key_change.physical_evse_key
                and event.snapshot_date = key_change.state_date
        inner join {{ snapshot_day }} as loaded
            on key_change.source = loaded.source and loaded.is_loaded
        where
            event.event_type = 'source_out'
            and key_change.change = 'ends'
            and loaded.snapshot_date = any(array(select day from moved_day))
            and coalesce(event.returned_on >= loaded.snapshot_date, true);
        analyze {{ moved_keys() }};
        delete from {{ this }} where {{ is_moved('physical_evse_key') }}
    {%- endcall -%}
{%- endmacro %}
