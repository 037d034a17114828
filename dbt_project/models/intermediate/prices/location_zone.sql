-- Grain: a location while the time zone of its wall clock, and how that is known, stay as they are.
-- A name that Postgres does not know must not fail a build, nor be read as POSIX does ('UTC+1' is an
-- hour behind there): a declared zone counts where it is an IANA one, spelt in any case.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[{'columns': ['source', 'location_id']}],
        pre_hook=[plan_without('nestloop'), '{{ forget_moved() }}']
    )
}}

with

-- Reading it opens a file per zone: once. Some are of this server alone.
iana_zone as materialized (
    select
        name as time_zone,
        lower(name) as folded_name
    from pg_timezone_names
    where name !~ '^(posix|right)/' and name not in ('localtime', 'posixrules', 'Factory')
),

-- Those of the seed that the server knows.
zone_of_country as materialized (
    select country_time_zone.*
    from {{ ref('country_time_zone') }} as country_time_zone
    inner join iana_zone using (time_zone)
),

country as (
    select
        country,
        count(distinct time_zone) as time_zones,
        min(time_zone) filter (where is_main) as main_time_zone
    from zone_of_country
    group by country
),

location as (
    select
        location.source,
        location.party,
        location.location_id,
        location.valid_from,
        location.valid_to,
        location.country_iso3 as country,
        location.latitude,
        location.longitude,
        iana_zone.time_zone as declared_time_zone,
        country.time_zones,
        country.main_time_zone
    from {{ ref('stg_ocpi__location') }} as location
    left join iana_zone on lower(btrim(location.time_zone)) = iana_zone.folded_name
    left join country on location.country_iso3 = country.country
    where {{ is_moved('location.source, location.party, location.location_id') }}
),

-- Where neither the location says it nor its country.
place as materialized (
    select distinct
        country,
        latitude,
        longitude
    from location
    where
        declared_time_zone is null
        and (country is null or time_zones > 1)
        and latitude is not null
        and longitude is not null
),

-- Boxes overlap at borders: the smallest is the nearest to what it stands for.
boxed as (
    select distinct on (place.country, place.latitude, place.longitude)
        place.country,
        place.latitude,
        place.longitude,
        zone_of_country.time_zone
    from place
    inner join zone_of_country
        on
            (place.country is null or place.country = zone_of_country.country)
            and place.latitude between zone_of_country.latitude_from and zone_of_country.latitude_to
            and place.longitude between zone_of_country.longitude_from and zone_of_country.longitude_to
    order by
        place.country,
        place.latitude,
        place.longitude,
        (zone_of_country.latitude_to - zone_of_country.latitude_from)
        * (zone_of_country.longitude_to - zone_of_country.longitude_from),
        zone_of_country.country,
        zone_of_country.time_zone
),

zoned as (
    select
        location.source,
        location.party,
        location.location_id,
        location.valid_from,
        location.valid_to,
        coalesce(
            location.declared_time_zone,
            case when location.time_zones = 1 then location.main_time_zone end,
            boxed.time_zone,
            location.main_time_zone,
            'UTC'
        ) as time_zone,
        case
            when location.declared_time_zone is not null then 'declared'
            when location.time_zones = 1 then 'from_country'
            when boxed.time_zone is not null then 'from_coordinates'
            when location.main_time_zone is not null then 'main_of_country'
            else 'assumed_utc'
        end as time_zone_method
    from location
    left join boxed
        on
            coalesce(location.country, '') = coalesce(boxed.country, '')
            and location.latitude = boxed.latitude
            and location.longitude = boxed.longitude
),

marked as (
    select
        zoned.*,
        coalesce(
            time_zone <> lag(time_zone) over versions
            or time_zone_method <> lag(time_zone_method) over versions
            or valid_from <> lag(valid_to) over versions,
            true
        ) as is_first
    from zoned
    window versions as (partition by source, party, location_id order by valid_from)
),

numbered as (
    select
        marked.*,
        count(*) filter (where is_first) over (
            partition by source, party, location_id order by valid_from
        ) as version_number
    from marked
)

select
    source,
    party,
    location_id,
    min(valid_from) as valid_from,
    case when bool_and(valid_to is not null) then max(valid_to) end as valid_to,
    time_zone,
    time_zone_method
from numbered
group by source, party, location_id, version_number, time_zone, time_zone_method
