-- Grain: content of price lists: what lists that price alike have in common, whoever publishes them.
{{ config(post_hook='analyze {{ this }}') }}

with

last_day as (
    select max(snapshot_date) as snapshot_date
    from {{ ref('snapshot_day') }}
),

version as (
    select * from {{ ref('price_list_version') }}
),

-- All versions of a content have the same limits.
limits as (
    select
        version.content_key,
        min(version.valid_from) as first_day,
        max(coalesce(version.valid_to - 1, last_day.snapshot_date)) as last_day,
        min((version.content ->> 'min_price_excl_vat')::numeric) as min_price_excl_vat,
        min((version.content ->> 'min_price_incl_vat')::numeric) as min_price_incl_vat,
        min((version.content ->> 'max_price_excl_vat')::numeric) as max_price_excl_vat,
        min((version.content ->> 'max_price_incl_vat')::numeric) as max_price_incl_vat
    from version
    cross join last_day
    group by version.content_key
),

component as (
    select
        content_key,
        bool_or(start_date is not null or end_date is not null) as has_dates,
        bool_and(coalesce(price_excl_vat, price_incl_vat, 1) = 0) as is_every_price_0,
        bool_or(dimension = 'ENERGY' and reservation is null) as has_energy_price,
        bool_or(
            dimension in ('TIME', 'PARKING_TIME', 'FLAT')
            and coalesce(price_excl_vat, price_incl_vat) > 0
            and reservation is null
        ) as has_other_fee
    from {{ ref('price_content_component') }}
    group by content_key
)

select
    limits.*,
    coalesce(component.has_dates, false) as has_dates,
    coalesce(component.has_energy_price, false) as has_energy_price,
    coalesce(component.has_other_fee, false)
    or coalesce(limits.min_price_excl_vat > 0, false)
    or coalesce(limits.min_price_incl_vat > 0, false) as has_other_fee,
    coalesce(component.is_every_price_0, false)
    and not coalesce(limits.min_price_excl_vat > 0, false)
    and not coalesce(limits.min_price_incl_vat > 0, false) as is_free
from limits
left join component using (content_key)
