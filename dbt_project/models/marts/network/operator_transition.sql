-- Grain: name before, name after, operator before, operator after, first night of a run of nights on
-- which places went from the one to the other.
-- Loops would go through all hand-overs for each night.
{{ config(pre_hook=plan_without('nestloop')) }}

with

moved_evse as (
    select
        evse_handover.*,
        evse_handover.state_date as moved_on,
        -- The last state day that shows the source as it was, however long it was out.
        day.source_state_date as former_date
    from {{ ref('evse_handover') }} as evse_handover
    inner join {{ ref('snapshot_day') }} as day
        on
            evse_handover.source = day.source
            and day.snapshot_date = evse_handover.state_date - 1
),

night as (
    select
        former_slug,
        slug,
        former_operator_id,
        operator_id,
        moved_on,
        former_date,
        lag(moved_on) over (
            partition by former_slug, slug, former_operator_id, operator_id order by moved_on
        ) as moved_before
    from moved_evse
    group by former_slug, slug, former_operator_id, operator_id, moved_on, former_date
),

-- Thirty quiet nights end a run: what comes later is another story.
run as (
    select
        night.*,
        max(moved_on) filter (where coalesce(moved_on - moved_before > 30, true)) over (
            partition by former_slug, slug, former_operator_id, operator_id order by moved_on
        ) as first_moved_on
    from night
),

transition as (
    select
        run.former_slug,
        run.slug,
        run.former_operator_id,
        run.operator_id,
        run.first_moved_on,
        max(run.moved_on) as last_moved_on,
        min(run.former_date) as former_date,
        count(distinct run.moved_on) as nights,
        min(moved_evse.former_name) as former_name,
        min(moved_evse.name) as name,
        count(distinct moved_evse.physical_evse_key) as evses_moved,
        sum(moved_evse.power_kw) as power_moved_kw,
        count(distinct row(moved_evse.source, moved_evse.party, moved_evse.location_id))
            as locations_moved,
        array_remove(array_agg(distinct moved_evse.party order by moved_evse.party), '')
            as party_ids,
        case
            when bool_or(moved_evse.has_ema_ids)
                then bool_and(moved_evse.has_same_ema_id) filter (where moved_evse.has_ema_ids)
        end as has_same_ema_ids
    from run
    inner join moved_evse using (former_slug, slug, former_operator_id, operator_id, moved_on)
    group by
        run.former_slug, run.slug, run.former_operator_id, run.operator_id, run.first_moved_on
),

stock as (
    select
        state_date,
        operator_id,
        sum(evses) as evses
    from {{ ref('evse_day') }}
    where
        state_date in (
            select transition.former_date from transition
            union
            select transition.last_moved_on from transition
        )
    group by state_date, operator_id
),

measured as (
    select
        transition.*,
        coalesce(former_stock.evses, 0) as former_operator_evses_before,
        coalesce(new_stock.evses, 0) as operator_evses_before,
        coalesce(left_stock.evses, 0) as former_operator_evses_after,
        -- EVSEs may open under the old name while the run goes on.
        least(1, transition.evses_moved / nullif(former_stock.evses, 0)) as share_moved,
        transition.former_operator_id = transition.operator_id as is_followed
    from transition
    left join stock as former_stock
        on
            transition.former_date = former_stock.state_date
            and transition.former_operator_id = former_stock.operator_id
    left join stock as new_stock
        on
            transition.former_date = new_stock.state_date
            and transition.operator_id = new_stock.operator_id
    left join stock as left_stock
        on
            transition.last_moved_on = left_stock.state_date
            and transition.former_operator_id = left_stock.operator_id
),

judged as (
    select
        measured.*,
        case
            when is_followed then 'rename'
            when share_moved >= 0.5 and operator_evses_before = 0 then 'rename'
            when share_moved >= 0.5 then 'takeover'
            else 'sale_of_sites'
        end as transition_kind
    from measured
)

select
    former_slug as former_alias,
    slug as alias,
    former_operator_id,
    operator_id,
    first_moved_on,
    last_moved_on,
    former_name,
    name as operator_name,
    transition_kind,
    case
        when is_followed then 'in_seed'
        when transition_kind = 'sale_of_sites' then 'none'
        when evses_moved < 10 then 'low'
        when transition_kind = 'rename' and has_same_ema_ids then 'high'
        when transition_kind = 'rename' and has_same_ema_ids is false then 'low'
        when share_moved >= 0.9 then 'high'
        else 'medium'
    end as confidence,
    nights,
    locations_moved,
    evses_moved,
    power_moved_kw::float8 as power_moved_kw,
    former_operator_evses_before::bigint as former_operator_evses_before,
    former_operator_evses_after::bigint as former_operator_evses_after,
    operator_evses_before::bigint as operator_evses_before,
    share_moved::float8 as share_moved,
    party_ids,
    has_same_ema_ids,
    case
        when is_followed or transition_kind = 'sale_of_sites' then null
        when transition_kind = 'rename'
            then concat_ws(',', 'name', slug, former_operator_id, '', first_moved_on::text, '')
        else
            concat_ws(
                ',',
                'name',
                former_slug,
                operator_id,
                case
                    when name ~ '[",\r\n]' then '"' || replace(name, '"', '""') || '"' else name
                end,
                last_moved_on::text,
                ''
            )
    end as candidate_seed_row
from judged
