-- Grain: state day on which evse_rekeyed has come to other keys, by a load of a day long before it, and
-- that what follows it has not taken in yet. Filled by the materialization `daily`; empty after a run
-- of which all of that was part.
{{ config(materialized='incremental', incremental_strategy='append') }}

select null::date as state_date
where false
