-- Grain: snapshot_date, regime, operator_id, country. What each regime counts as available and as
-- time, summed over its period up to the day.
{{ config(materialized='daily', indexes=[{'columns': ['snapshot_date']}]) }}
{%- set states = ['free', 'occupied', 'blocked', 'down', 'unverified_down', 'unknown'] %}

with

due_day as (
    select distinct snapshot_date
    from {{ ref('snapshot_day') }}
    where {{ is_due('snapshot_date') }}
),

span as (
    select
        min(snapshot_date) - 365 as first_day,
        max(snapshot_date) as last_day
    from due_day
),

-- Both kinds of EVSE, and those of 50 kW alone; both kinds of hours.
night as (
    select
        hours.snapshot_date,
        hours.operator_id,
        hours.country,
        scope.scope,
        sum(hours.evses)::bigint as evses,
        sum(hours.fresh_evses)::bigint as fresh_evses,
        sum(hours.evses_without_hours)::bigint as evses_without_hours,
    {%- for name in ['scheduled'] + states %}
        sum(
            case
                when scope.is_by_access then hours.{{ name }}_access_hours else hours.{{ name }}_hours
            end
        ) as {{ name }}_hours{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ ref('operator_hours_night') }} as hours
    inner join span on hours.snapshot_date between span.first_day and span.last_day
    inner join (
        values
        ('all_hours', false, false), ('access_hours', true, false), ('access_hours_50_kw', true, true)
    ) as scope (scope, is_by_access, is_50_kw_only)
        on hours.is_50_kw or not scope.is_50_kw_only
    group by hours.snapshot_date, hours.operator_id, hours.country, scope.scope
),

rolled as (
    select
        night.snapshot_date,
        night.operator_id,
        night.country,
        night.scope,
    {%- for name, over in [('rolling_365_days', 'last_365_days'), ('calendar_year', 'this_year')] %}
        {%- for state in ['scheduled'] + states %}
            sum({{ state }}_hours) over {{ over }} as {{ name }}_{{ state }},
        {%- endfor %}
        {%- for count in ['evses', 'fresh_evses', 'evses_without_hours'] %}
            (sum({{ count }}) over {{ over }})::bigint as {{ name }}_{{ count }},
        {%- endfor %}
        count(*) filter (where evses > 0) over {{ over }} as {{ name }}_nights,
        count(*) over {{ over }} as {{ name }}_days{{ ',' if not loop.last }}
    {%- endfor %}
    from night
    window
        last_365_days as (
            partition by operator_id, country, scope
            order by snapshot_date
            range between interval '364 days' preceding and current row
        ),
        this_year as (
            partition by operator_id, country, scope, date_trunc('year', snapshot_date)
            order by snapshot_date
            range between unbounded preceding and current row
        )
),

period as (
    select
        rolled.snapshot_date,
        rolled.operator_id,
        rolled.country,
        rolled.scope,
        last.*
    from rolled
    inner join due_day on rolled.snapshot_date = due_day.snapshot_date
    cross join lateral (
        values
        {%- for name in ['rolling_365_days', 'calendar_year'] %}
            (
                {%- for state in states %}
                    rolled.{{ name }}_{{ state }},
                {%- endfor %}
                rolled.{{ name }}_scheduled,
                rolled.{{ name }}_evses,
                rolled.{{ name }}_fresh_evses,
                rolled.{{ name }}_evses_without_hours,
                rolled.{{ name }}_nights,
                rolled.{{ name }}_days,
                '{{ name }}'
            ){{ ',' if not loop.last }}
        {%- endfor %}
    ) as last (
        {{ states | join(', ') }}, scheduled_hours, observations, fresh_observations,
        observations_without_hours, nights, days, period
    )
)

-- The regime of this house is told by nights: operator_reliability_window has it.
select
    period.snapshot_date,
    regime.regime,
    period.operator_id,
    period.country,
    period.nights,
    period.days,
    period.observations,
    period.fresh_observations,
    period.observations_without_hours,
    period.scheduled_hours,
    period.{{ states | join(' + period.') }} as observed_hours,
    period.down as down_hours,
    period.blocked as blocked_hours,
    period.unknown + period.unverified_down as unknown_hours,
    period.unverified_down as unverified_down_hours,
    case regime.regime
        when 'nevi' then period.free + period.occupied + period.blocked + period.unknown
        when 'uk' then period.free + period.occupied + period.blocked + period.unknown
        else period.free + period.occupied
    end as available_hours,
    case regime.regime
        when 'uk_strict' then period.free + period.occupied + period.down + period.unverified_down
        else period.{{ states | join(' + period.') }}
    end as counted_hours
from period
inner join {{ ref('reliability_regime') }} as regime
    on period.scope = regime.scope and period.period = regime.period
