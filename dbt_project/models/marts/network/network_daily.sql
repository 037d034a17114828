-- Grain: snapshot_date, country, operator_id. What came, what went, and the stock that it explains. An
-- event of a day may come to be another by any day before it: days are made anew from the first on
-- that moved.
-- depends_on: {{ ref('snapshot_day') }}
{{ config(materialized='daily') }}
{%- set ways_in = ['first_seen', 'opened', 'returned', 'source_back', 'parted', 'transferred_in'] %}
{%- set ways_out = ['removed', 'vanished', 'withdrawn', 'source_out', 'merged', 'transferred_out'] %}

with

event as (
    select *
    from {{ ref('network_event') }}
    where snapshot_date >= {{ first_due_day() }} - 1
),

movement as (
    select
        snapshot_date,
        country,
        operator_id,
        operator_name,
        case event_type when 'operator_changed' then 'transferred_in' else event_type end as way,
        case event_type when 'operator_changed' then power_kw else abs(power_change_kw) end as power_kw,
        case event_type when 'power_changed' then power_change_kw else 0 end as changed_power_kw
    from event
    union all
    select
        snapshot_date,
        former_country as country,
        former_operator_id as operator_id,
        null as operator_name,
        'transferred_out' as way,
        former_power_kw as power_kw,
        0 as changed_power_kw
    from event
    where event_type = 'operator_changed'
),

moved as (
    select
        snapshot_date,
        country,
        operator_id,
        max(operator_name) as operator_name,
        {%- for way in ways_in + ways_out %}
            count(*) filter (where way = '{{ way }}') as {{ way }},
            coalesce(sum(power_kw::numeric) filter (where way = '{{ way }}'), 0)::float8 as {{ way }}_kw,
        {%- endfor %}
        coalesce(sum(changed_power_kw::numeric), 0)::float8 as power_changed_kw
    from movement
    group by snapshot_date, country, operator_id
),

stock as (
    select
        snapshot_date,
        country,
        operator_id,
        coalesce(stock.operator_name, moved.operator_name) as operator_name,
        coalesce(stock.evses, 0) as evses,
        coalesce(stock.power_kw, 0) as power_kw,
        coalesce(stock.days_since_snapshot, 0) as days_since_snapshot,
        {%- for way in ways_in + ways_out %}
            coalesce(moved.{{ way }}, 0) as {{ way }},
            coalesce(moved.{{ way }}_kw, 0) as {{ way }}_kw,
        {%- endfor %}
        coalesce(moved.power_changed_kw, 0) as power_changed_kw
    from (
        select *
        from {{ ref('operator_power_daily') }}
        where snapshot_date >= {{ first_due_day() }} - 1
    ) as stock
    full join moved using (snapshot_date, country, operator_id)
),

followed as (
    select
        *,
        lag(operator_name) over history as operator_name_before,
        coalesce(lag(evses) over history, 0) as evses_before,
        coalesce(lag(power_kw) over history, 0) as power_kw_before
    from stock
    window history as (partition by country, operator_id order by snapshot_date)
)

select
    snapshot_date,
    country,
    operator_id,
    coalesce(operator_name, operator_name_before, operator_id) as operator_name,
    evses_before,
    {%- for way in ways_in + ways_out %}
        {{ way }},
    {%- endfor %}
    {{ ways_in | join('\n    + ') }}
    - {{ ways_out | join('\n    - ') }} as net,
    evses,
    power_kw_before,
    {%- for way in ways_in + ways_out %}
        {{ way }}_kw,
    {%- endfor %}
    power_changed_kw,
    power_changed_kw + {{ ways_in | join('_kw\n    + ') }}_kw
    - {{ ways_out | join('_kw\n    - ') }}_kw as net_kw,
    power_kw,
    days_since_snapshot
from followed
where {{ is_due('snapshot_date') }}
