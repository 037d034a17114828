-- Exactly one copy speaks for a physical EVSE, and each copy is there once, on every day that was built
-- now. Without a key that the database would enforce: one over 166,000 rows a day costs more than
-- the rows. A survivor that is there twice is one too many; the others are looked for by themselves.
select
    state_date,
    physical_evse_key
from {{ ref('physical_evse') }}
where {{ is_affected('state_date') }}
group by state_date, physical_evse_key
having count(*) filter (where is_survivor) <> 1
union all
select
    loser.state_date,
    loser.physical_evse_key
from {{ ref('physical_evse') }} as loser
inner join {{ ref('physical_evse') }} as same
    on
        loser.state_date = same.state_date
        and loser.source = same.source
        and loser.party = same.party
        and loser.location_id = same.location_id
        and loser.evse_uid = same.evse_uid
where
    not loser.is_survivor
    and {{ is_affected('loser.state_date') }}
    and {{ is_affected('same.state_date') }}
group by
    loser.state_date,
    loser.physical_evse_key,
    loser.source,
    loser.party,
    loser.location_id,
    loser.evse_uid
having count(*) > 1
