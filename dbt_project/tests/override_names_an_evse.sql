-- A line of evse_override that names nothing is without effect. A warning: the rest of the night is right.
{{ config(severity='warn') }}

select
    kind,
    reference,
    stands_for
from {{ ref('seed_reference') }}
where seed = 'evse_override' and state = 'names_nothing'
