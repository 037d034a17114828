-- Exactly one copy speaks for a physical EVSE, on every day that was built now.
select
    state_date,
    physical_evse_key
from {{ ref('physical_evse') }}
{% if var('affected_days') is not none -%}
    where state_date = any('{{ '{' ~ var('affected_days') | join(',') ~ '}' }}'::date[])
{%- endif %}
group by state_date, physical_evse_key
having count(*) filter (where is_survivor) <> 1
