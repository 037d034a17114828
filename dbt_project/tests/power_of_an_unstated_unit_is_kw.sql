-- The mix of units in a feed that states none. A warning: each value is read by what fits it, but
-- whoever publishes the figures should ask the source.
{{ config(severity='warn') }}

select
    source,
    count(*) filter (where power_method = 'declared_kw') as connectors_in_kw,
    count(*) filter (where power_method <> 'declared_kw') as connectors_in_w
from {{ ref('connector_power_current') }}
where declared_power_unit = 'unstated' and power_method like 'declared%'
group by source
having count(*) filter (where power_method <> 'declared_kw') > 0
