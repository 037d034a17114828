-- Grain: loaded snapshot and a tariff that connectors refer to: whose connectors most of them are.
-- A tariff names no operator. Inlined.
{{ config(materialized='ephemeral') }}

select distinct on (snapshot_date, source, tariff_party, tariff_id)
    snapshot_date,
    source,
    tariff_party as party,
    tariff_id,
    operator_id,
    country
from {{ ref('tariff_reference_day') }}
where tariff_party is not null and {{ is_due('snapshot_date') }}
order by
    snapshot_date,
    source,
    tariff_party,
    tariff_id,
    tariff_references desc,
    operator_id collate "C",
    country collate "C",
    party collate "C"
