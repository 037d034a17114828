-- Exactly one copy speaks for a physical EVSE, on every day that was built now.
select
    state_date,
    physical_evse_key
from {{ ref('physical_evse') }}
where {{ is_affected('state_date') }}
group by state_date, physical_evse_key
having count(*) filter (where is_survivor) <> 1
