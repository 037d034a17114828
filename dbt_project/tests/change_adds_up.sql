-- The parts of every change add up to it, to the last digit, from one published figure to the other.
select
    snapshot_date,
    level,
    operator_id,
    country,
    figure
from {{ ref('figure_change_daily') }}
where
    {{ is_affected('snapshot_date') }}
    and not (
        coalesce(
            from_value + source_outage + appeared_vanished + repaired + deduplicated + changed = to_value,
            figure like 'reliability%' and (from_value is null or to_value is null) and change is null
        )
        and coalesce(appeared + vanished = appeared_vanished, true)
        and coalesce(changed_status + changed_age + changed_power + changed_operator = changed, true)
    )
