-- Grain: a version of a connector. Power follows from what the connector says, not from the day.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='fail',
        pre_hook=[plan_without('nestloop'), '{{ forget_moved() }}']
    )
}}

with

connector as (
    select
        connector.source,
        connector.party,
        connector.location_id,
        connector.evse_uid,
        connector.connector_id,
        connector.valid_from,
        connector.valid_to,
        connector.power_type,
        connector.voltage_v,
        connector.amperage_a,
        connector.max_power_w as declared_power,
        -- A source that sources.yml names no more is read by the standard.
        coalesce(dialect_semantics.declared_power_unit, 'W') as declared_power_unit,
        dialect_semantics.voltage_basis,
        dialect_semantics.amperage_basis
    from {{ ref('stg_ocpi__connector') }} as connector
    left join {{ ref('dialect_semantics') }} as dialect_semantics
        on {{ source_dialect('connector.source') }} = dialect_semantics.dialect
    where
        {{ is_moved('connector.source, connector.party, connector.location_id, connector.evse_uid') }}
),

judged as (
    select
        connector.*,
        case
            when power_type is null then 'missing_power_type'
            when power_type not in ('AC_1_PHASE', 'AC_2_PHASE', 'AC_2_PHASE_SPLIT', 'AC_3_PHASE', 'DC')
                then 'unknown_power_type'
            when voltage_v is null then 'missing_voltage'
            when voltage_v = 0 then 'zero_voltage'
            when amperage_a is null then 'missing_amperage'
            when amperage_a = 0 then 'zero_amperage'
            when
                power_type = 'AC_3_PHASE'
                and not (voltage_v between 200 and 277 or voltage_v between 340 and 500)
                then 'implausible_voltage'
            when power_type like 'AC\_%' and voltage_v not between 100 and 500 then 'implausible_voltage'
            when power_type = 'DC' and voltage_v not between 50 and 1500 then 'implausible_voltage'
            -- MCS ends at 3,000 A; AC inlets far below. More is power typed into amperage.
            when amperage_a < 0 then 'implausible_amperage'
            when power_type = 'DC' and amperage_a > 3000 then 'implausible_amperage'
            when power_type <> 'DC' and amperage_a > 250 then 'implausible_amperage'
        end as derived_reason
    from connector
),

derived as (
    select
        judged.*,
        case
            when derived_reason is not null then null
            when power_type = 'AC_3_PHASE' and voltage_v < 300 then 'ac3_line_to_neutral'
            when power_type = 'AC_3_PHASE' then 'ac3_line_to_line'
            when power_type like 'AC\_2%' then 'ac2'
            when power_type = 'AC_1_PHASE' then 'ac1'
            else 'dc'
        end as derived_method,
        case
            when derived_reason is not null then null
            when power_type = 'AC_3_PHASE' and voltage_v < 300 then 3
            when power_type = 'AC_3_PHASE' then sqrt(3)
            when power_type like 'AC\_2%' then 2
            else 1
        end * voltage_v * amperage_a / 1000 as derived_kw
    from judged
),

measured as (
    select
        derived.*,
        case
            -- Between two readings a factor of 1,000 apart, the nearer one: within sqrt(1000) it is kW.
            when declared_power_unit = 'unstated'
                then coalesce(declared_power <= sqrt(1000) * derived_kw, declared_power < 1000)
            else declared_power < 1000 and coalesce(declared_power <= 1.15 * derived_kw, true)
        end as is_declared_in_kw
    from derived
),

decided as (
    select
        measured.*,
        case
            when declared_power is null or declared_power <= 0 then null
            when is_declared_in_kw then 'declared_kw'
            -- No charger is that weak in W.
            when declared_power < 1000 then null
            when
                declared_power > 1000000
                and (
                    declared_power / 1000 between 0.85 * voltage_v * amperage_a
                    and 1.15 * voltage_v * amperage_a
                    or declared_power / 1000 between 0.85 * 3 * voltage_v * amperage_a
                    and 1.15 * 3 * voltage_v * amperage_a
                )
                then 'declared_milli'
            else 'declared'
        end as declared_method
    from measured
),

powered as (
    select
        decided.*,
        coalesce(declared_method, derived_method) as power_method,
        -- To the watt, and exact from here on: sums must not depend on the order of rows.
        round(
            case declared_method
                when 'declared' then declared_power / 1000
                when 'declared_kw' then declared_power
                when 'declared_milli' then declared_power / 1000000
                else derived_kw
            end::numeric,
            3
        ) as power_kw
    from decided
)

select
    source,
    party,
    location_id,
    evse_uid,
    connector_id,
    valid_from,
    valid_to,
    power_type,
    power_kw,
    power_method,
    declared_power,
    declared_power_unit,
    voltage_basis,
    amperage_basis,
    derived_kw,
    derived_method,
    case when power_kw is null then derived_reason end as power_reason,
    coalesce(
        declared_method in ('declared', 'declared_kw') and power_kw > (1.15 * derived_kw)::numeric,
        false
    ) as is_above_rating,
    coalesce(declared_power > 0 and declared_method is null, false) as is_declared_power_ignored,
    case
        when power_type = 'DC' and power_kw >= 350 then 'dc_ultra_fast_2'
        when power_type = 'DC' and power_kw >= 150 then 'dc_ultra_fast_1'
        when power_type = 'DC' and power_kw >= 50 then 'dc_fast'
        when power_type = 'DC' and power_kw > 0 then 'dc_slow'
        when power_type = 'AC_1_PHASE' and power_kw < 7.4 then 'ac_slow'
        when power_type = 'AC_3_PHASE' and power_kw > 22 then 'ac_fast'
        when power_type = 'AC_3_PHASE' and power_kw >= 7.4 then 'ac_medium'
        else 'unclassified'
    end as power_band
from powered
