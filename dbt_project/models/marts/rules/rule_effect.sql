-- Grain: snapshot_date, country, figure, rule. A view: it costs nothing at night, and a day that is
-- asked for takes a second or two.
{{ config(materialized='view') }}

with

connector as (
    select
        snapshot_day.snapshot_date,
        connector_power.source,
        connector_power.party,
        connector_power.location_id,
        connector_power.evse_uid,
        sum(connector_power.power_kw) as connectors_power_kw,
        max(coalesce((connector_power.declared_power / 1000)::numeric, connector_power.derived_kw::numeric))
            as power_kw_all_in_w,
        max(
            case
                when connector_power.power_method like 'declared%' then connector_power.power_kw
                else (
                    connector_power.derived_kw / case connector_power.derived_method
                        when 'ac3_line_to_neutral' then 3
                        when 'ac3_line_to_line' then sqrt(3)
                        when 'ac2' then 2
                        else 1
                    end
                )::numeric
            end
        ) as power_kw_one_phase
    from {{ ref('snapshot_day') }} as snapshot_day
    inner join {{ ref('connector_power') }} as connector_power
        on
            snapshot_day.source = connector_power.source
            and {{ is_true_on('connector_power', 'snapshot_day.source_snapshot_date') }}
    where snapshot_day.is_carried
    group by
        snapshot_day.snapshot_date,
        connector_power.source,
        connector_power.party,
        connector_power.location_id,
        connector_power.evse_uid
),

member as (
    select
        snapshot_day.snapshot_date,
        physical_evse.country,
        physical_evse.is_survivor,
        physical_evse.is_counted,
        physical_evse.is_fresh,
        physical_evse.is_zombie,
        physical_evse.is_survivor and physical_evse.is_counted as speaks,
        -- The key of the second place of an id.
        physical_evse.physical_evse_key like '%~%' as is_second_place,
        physical_evse.has_emi3_id,
        physical_evse.is_observed,
        physical_evse.status,
        physical_evse.observation_class,
        physical_evse.power_method like 'declared%' as is_declared,
        coalesce(physical_evse.power_kw, 0) as power_kw,
        coalesce(connector.connectors_power_kw, 0) as connectors_power_kw,
        coalesce(connector.power_kw_all_in_w, 0) as power_kw_all_in_w,
        coalesce(connector.power_kw_one_phase, 0) as power_kw_one_phase,
        case
            when
                physical_evse.status in (
                    'AVAILABLE', 'CHARGING', 'RESERVED', 'BLOCKED', 'PREPARING', 'FINISHING'
                ) then 'U'
            when physical_evse.status in ('INOPERATIVE', 'OUTOFORDER') then 'D'
        end as class_by_status_alone
    from {{ ref('snapshot_day') }} as snapshot_day
    inner join {{ ref('physical_evse') }} as physical_evse
        on
            snapshot_day.state_date = physical_evse.state_date
            and snapshot_day.source = physical_evse.source
    left join connector
        on
            snapshot_day.snapshot_date = connector.snapshot_date
            and physical_evse.source = connector.source
            and physical_evse.party = connector.party
            and physical_evse.location_id = connector.location_id
            and physical_evse.evse_uid = connector.evse_uid
    where snapshot_day.is_carried
),

counted as (
    select
        snapshot_date,
        country,
        count(*) filter (where speaks) as evses,
        count(*) filter (where is_counted) as rows_counted,
        count(*) filter (where is_survivor) as evses_any_status,
        count(*) filter (where speaks and not (is_second_place and has_emi3_id)) as evses_id_once,
        count(*) filter (where speaks and is_fresh) as evses_fresh,
        sum(power_kw) filter (where speaks) as kw,
        sum(power_kw) filter (where is_counted) as kw_rows,
        sum(power_kw) filter (where is_survivor) as kw_any_status,
        sum(power_kw) filter (where speaks and not (is_second_place and has_emi3_id)) as kw_id_once,
        sum(power_kw) filter (where speaks and is_fresh) as kw_fresh,
        sum(power_kw) filter (where speaks and is_declared) as kw_declared,
        sum(connectors_power_kw) filter (where speaks) as kw_connectors,
        sum(power_kw_all_in_w) filter (where speaks) as kw_all_in_w,
        sum(power_kw_one_phase) filter (where speaks) as kw_one_phase,
        count(*) filter (where speaks and is_observed and observation_class = 'U') as up,
        count(*) filter (where speaks and is_observed and observation_class = 'D') as down,
        count(*) filter (where speaks and is_observed and observation_class = 'K') as unknown,
        count(*) filter (where is_counted and is_observed and observation_class = 'U') as up_rows,
        count(*) filter (where is_counted and is_observed and observation_class = 'D') as down_rows,
        count(*) filter (where speaks and is_observed and class_by_status_alone = 'U') as up_status,
        count(*) filter (where speaks and is_observed and class_by_status_alone = 'D') as down_status,
        count(*) filter (where is_observed and class_by_status_alone = 'U') as up_rows_status,
        count(*) filter (where is_observed and class_by_status_alone = 'D') as down_rows_status,
        count(*) filter (
            where speaks and is_observed and (observation_class = 'U' or is_zombie and is_fresh)
        ) as up_zombies,
        count(*) filter (
            where speaks and is_observed and observation_class = 'U' and status <> 'BLOCKED'
        ) as up_not_blocked
    from member
    group by snapshot_date, country
)

select
    counted.snapshot_date,
    counted.country,
    effect.figure,
    effect.rule,
    effect.numerator::float8 as numerator,
    effect.denominator::float8 as denominator,
    effect.numerator_without::float8 as numerator_without,
    effect.denominator_without::float8 as denominator_without,
    effect.numerator::float8 / nullif(effect.denominator, 0) as value,
    effect.numerator_without::float8 / nullif(effect.denominator_without, 0) as value_without
from counted
cross join lateral (
    values
    ('evses', 'copies_are_one_evse', counted.evses, 1, counted.rows_counted, 1),
    ('evses', 'planned_and_removed_are_left_out', counted.evses, 1, counted.evses_any_status, 1),
    ('evses', 'an_id_far_apart_is_another_evse', counted.evses, 1, counted.evses_id_once, 1),
    ('evses', 'a_sole_old_copy_counts', counted.evses, 1, counted.evses_fresh, 1),
    ('power_kw', 'copies_are_one_evse', counted.kw, 1, counted.kw_rows, 1),
    ('power_kw', 'planned_and_removed_are_left_out', counted.kw, 1, counted.kw_any_status, 1),
    ('power_kw', 'an_id_far_apart_is_another_evse', counted.kw, 1, counted.kw_id_once, 1),
    ('power_kw', 'a_sole_old_copy_counts', counted.kw, 1, counted.kw_fresh, 1),
    ('power_kw', 'one_connector_at_a_time', counted.kw, 1, counted.kw_connectors, 1),
    ('power_kw', 'the_unit_is_told_by_volts_and_amperes', counted.kw, 1, counted.kw_all_in_w, 1),
    ('power_kw', 'phases_count', counted.kw, 1, counted.kw_one_phase, 1),
    ('power_kw', 'undeclared_power_is_derived', counted.kw, 1, counted.kw_declared, 1),
    (
        'reliability_mid',
        'copies_are_one_evse',
        counted.up,
        counted.up + counted.down,
        counted.up_rows,
        counted.up_rows + counted.down_rows
    ),
    (
        'reliability_mid',
        'an_old_status_is_unknown',
        counted.up,
        counted.up + counted.down,
        counted.up_status,
        counted.up_status + counted.down_status
    ),
    (
        'reliability_mid',
        'a_zombie_is_unknown',
        counted.up,
        counted.up + counted.down,
        counted.up_zombies,
        counted.up_zombies + counted.down
    ),
    (
        'reliability_mid',
        'unknown_is_not_up',
        counted.up,
        counted.up + counted.down,
        counted.up + counted.unknown,
        counted.up + counted.down + counted.unknown
    ),
    (
        'reliability_mid',
        'unknown_is_not_down',
        counted.up,
        counted.up + counted.down,
        counted.up,
        counted.up + counted.down + counted.unknown
    ),
    (
        'reliability_mid',
        'blocked_is_up',
        counted.up,
        counted.up + counted.down,
        counted.up_not_blocked,
        counted.up + counted.down
    ),
    (
        'reliability_mid',
        'all_of_them',
        counted.up,
        counted.up + counted.down,
        counted.up_rows_status,
        counted.up_rows_status + counted.down_rows_status
    )
) as effect (figure, rule, numerator, denominator, numerator_without, denominator_without)
