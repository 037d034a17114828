-- Grain: source, operator, country, level and field, in the last snapshot of the source.
with

snapshot as (
    select
        source,
        snapshot_date
    from {{ ref('quality_snapshot') }}
)

select
    field_day.source,
    field_day.operator_id,
    field_day.country,
    field_day.level,
    field_day.field,
    field_day.snapshot_date,
    quality_field.ocpi_field,
    quality_field.is_required_by_ocpi,
    quality_field.weight,
    field_day.rows_filled,
    field_day.rows_published,
    field_day.rows_filled::float8 / field_day.rows_published as filled_share
from {{ ref('field_day') }} as field_day
inner join snapshot
    on
        field_day.source = snapshot.source
        and field_day.snapshot_date = snapshot.snapshot_date
left join {{ ref('quality_field') }} as quality_field
    on
        field_day.level = quality_field.level
        and field_day.field = quality_field.field
where
    field_day.rows_published > 0
    -- Once more: the view asks all days there are, if it is not told which.
    and field_day.snapshot_date = any(array(select last.snapshot_date from snapshot as last))
