-- Grain: snapshot_date, regime, operator_id, country. A view: the texts of the rules would be more
-- than half of the rows of a table.
{{ config(materialized='view') }}

with

measured as (
    select
        hours.snapshot_date,
        hours.regime,
        hours.operator_id,
        hours.country,
        hours.nights,
        hours.days,
        hours.observations,
        hours.fresh_observations,
        hours.observations_without_hours,
        hours.observed_hours,
        hours.down_hours,
        hours.blocked_hours,
        hours.unknown_hours,
        hours.unverified_down_hours,
        hours.available_hours::float8 as numerator,
        hours.counted_hours::float8 as denominator,
        coalesce(least(1, hours.observed_hours / nullif(hours.scheduled_hours, 0)), 0)::float8 as coverage
    from {{ ref('operator_regime_night') }} as hours
    union all
    select
        snapshot_date,
        'nightly_share' as regime,
        operator_id,
        country,
        nights,
        nights as days,
        observations,
        fresh_evses as fresh_observations,
        null::bigint as observations_without_hours,
        null::numeric as observed_hours,
        null::numeric as down_hours,
        null::numeric as blocked_hours,
        null::numeric as unknown_hours,
        null::numeric as unverified_down_hours,
        up::float8 as numerator,
        (up + down)::float8 as denominator,
        coverage
    from {{ ref('operator_reliability_window') }}
    where window_days = 365
),

judged as (
    select
        measured.*,
        named.operator_name,
        regime.period,
        regime.jurisdiction,
        regime.threshold,
        regime.is_threshold_per_operator,
        regime.legal_source,
        regime.caveat,
        case regime.period
            when 'calendar_year'
                then
                    (date_trunc('year', measured.snapshot_date) + interval '1 year')::date
                    - date_trunc('year', measured.snapshot_date)::date
            else 365
        end as period_days,
        coalesce(
            measured.fresh_observations >= 30 * measured.nights
            and measured.nights > 0
            and measured.coverage >= 0.8,
            false
        ) as is_published
    from measured
    inner join {{ ref('reliability_regime') }} as regime on measured.regime = regime.regime
    inner join {{ ref('operator_reliability_window') }} as named
        on
            measured.snapshot_date = named.snapshot_date
            and measured.operator_id = named.operator_id
            and measured.country = named.country
            and named.window_days = 365
),

valued as (
    select
        judged.*,
        case when is_published then numerator / nullif(denominator, 0) end as value
    from judged
)

select
    snapshot_date,
    regime,
    operator_id,
    operator_name,
    country,
    value,
    threshold::float8 as threshold,
    -- Of a rule that judges operators, where it is law, and of a period that was seen nearly whole.
    case
        when
            is_threshold_per_operator
            and country = jurisdiction
            and days >= 0.8 * period_days
            then value >= threshold
    end as meets_threshold,
    case when is_published then 'published' else 'insufficient_data' end as publication,
    coverage,
    coalesce(observations::float8 / nullif(nights, 0), 0) as evses,
    observations,
    nights,
    days::float8 / period_days as period_share,
    observed_hours::float8 as observed_hours,
    down_hours::float8 as down_hours,
    blocked_hours::float8 as blocked_hours,
    unknown_hours::float8 as unknown_hours,
    unverified_down_hours::float8 as unverified_down_hours,
    observations_without_hours::float8 / nullif(observations, 0) as share_without_hours,
    period,
    jurisdiction,
    legal_source,
    caveat
from valued
