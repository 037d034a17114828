-- Grain: snapshot_date, level, operator_id, country, figure with a part that moved it. Sentences.
{{ config(materialized='view') }}

with

-- Ratios in percentage points; what is nothing in the unit of the sentence is left out.
scaled as (
    select
        *,
        case when figure like 'reliability%' then 100 else 1 end as scale,
        case when figure like 'reliability%' then 2 else 0 end as places,
        case when figure like 'reliability%' then '%' when figure = 'evses' then 'EVSEs' else 'kW' end
            as unit,
        case when figure like 'reliability%' then 'points' when figure = 'evses' then 'EVSEs' else 'kW' end
            as unit_of_change,
        case when figure like 'reliability%' then 'FM990.00' else 'FM999,999,999,990' end as number_format,
        case when figure like 'reliability%' then 'FMSG990.00' else 'FMSG999,999,999,990' end
            as signed_format
    from {{ ref('figure_change_daily') }}
    where change is not null
),

part as (
    {% for part in change_parts() %}
        select
            snapshot_date,
            level,
            operator_id,
            country,
            figure,
            {{ loop.index }} as place,
            to_char(scale * {{ part }}, signed_format)
            || ' {{ part | replace("changed_", "changed ") | replace("_", " ") }}' as said
        from scaled
        where round(scale * {{ part }}, places) <> 0
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

listed as (
    select
        snapshot_date,
        level,
        operator_id,
        country,
        figure,
        string_agg(said, ', ' order by place) as parts
    from part
    group by snapshot_date, level, operator_id, country, figure
)

select
    snapshot_date,
    scaled.compared_with,
    level,
    operator_id,
    country,
    figure,
    scaled.change,
    case level
        when 'total' then 'All countries'
        when 'country' then country
        else scaled.operator_name || ' in ' || country
    end
    || ': ' || figure || ' ' || to_char(scaled.scale * scaled.to_value, scaled.number_format)
    || ' ' || scaled.unit
    || ', ' || to_char(scaled.scale * scaled.change, scaled.signed_format) || ' ' || scaled.unit_of_change
    || ' since ' || scaled.compared_with
    || ': ' || listed.parts as sentence
from scaled
inner join listed using (snapshot_date, level, operator_id, country, figure)
