-- Grain: a tariff that a connector refers to now, and how the reference resolves.
with

reference as (
    select
        source,
        party,
        location_id,
        evse_uid,
        connector_id,
        tariff_id
    from {{ ref('stg_ocpi__connector_tariff') }}
    where is_current
),

tariff as (
    select
        source,
        party,
        tariff_id
    from {{ ref('stg_ocpi__tariff') }}
    where is_current
),

bare_id as (
    select
        source,
        tariff_id,
        count(*) as tariffs,
        min(party) as party
    from tariff
    group by source, tariff_id
)

select
    reference.source,
    reference.party,
    reference.location_id,
    reference.evse_uid,
    reference.connector_id,
    reference.tariff_id,
    case
        when tariff.source is not null then tariff.party
        when bare_id.tariffs = 1 then bare_id.party
    end as tariff_party,
    case
        when tariff.source is not null then 'party'
        when bare_id.tariffs = 1 then 'unique_id'
        when bare_id.tariffs > 1 then 'ambiguous_id'
        else 'no_such_tariff'
    end as resolution_method,
    coalesce(tariff.source is not null or bare_id.tariffs = 1, false) as is_resolved
from reference
left join tariff
    on
        reference.source = tariff.source
        and reference.party = tariff.party
        and reference.tariff_id = tariff.tariff_id
left join bare_id
    on
        reference.source = bare_id.source
        and reference.tariff_id = bare_id.tariff_id
