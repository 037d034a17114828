-- Grain: a published EVSE (member) on a state day. Which members are one physical EVSE, which of
-- them speaks for it, and why each of the others does not.
-- depends_on: {{ ref('snapshot_day') }}
{{
    config(
        materialized='daily',
        indexes=[
            {'columns': ['state_date']},
            {'columns': [member_hash()]},
        ]
    )
}}

with recursive

former_day as (
    select max(state_date) as state_date
    from {{ this }}
    where state_date < {{ state_day() }}
),

former as (
    select
        yesterday.source,
        yesterday.party,
        yesterday.location_id,
        yesterday.evse_uid,
        yesterday.physical_evse_key
    from {{ this }} as yesterday
    where yesterday.state_date = (select former_day.state_date from former_day)
),

published as (
    select
        *,
        coalesce(normalised_evse_id ~ '^[A-Z]{2}[A-Z0-9]{3}E.', false) as looks_like_emi3,
        -- Of this statement alone: joins by number where they would be by four texts.
        row_number() over () as member_number
    from {{ ref('evse_member') }}
),

member as (
    select
        published.*,
        case
            when published.looks_like_emi3 then published.normalised_evse_id
            else {{ member_key('published') }}
        end as plain_key,
        coalesce(former.physical_evse_key, returned.physical_evse_key) as former_key
    from published
    left join former
        on
            published.source = former.source
            and published.party = former.party
            and published.location_id = former.location_id
            and published.evse_uid = former.evse_uid
    -- One that was away, or whose source was: the last key it had.
    left join lateral (
        select earlier.physical_evse_key
        from {{ this }} as earlier
        where
            former.source is null
            and {{ member_hash('earlier') }} = {{ member_hash('published') }}
            and earlier.source = published.source
            and earlier.party = published.party
            and earlier.location_id = published.location_id
            and earlier.evse_uid = published.evse_uid
            and earlier.state_date < {{ state_day() }}
        order by earlier.state_date desc
        limit 1
    ) as returned on true
),

-- What the seed says on the day; a reference with '/' in it is a member, another an id.
override as (
    select
        evse_override.override_kind,
        evse_override.one,
        evse_override.other,
        side.reference,
        side.reference = evse_override.other as is_other,
        {{ normalised_evse_id('side.reference') }} as normalised_evse_id,
        replace(split_part(side.reference, '/', 1), '%2F', '/') as source,
        replace(split_part(side.reference, '/', 2), '%2F', '/') as party,
        replace(split_part(side.reference, '/', 3), '%2F', '/') as location_id,
        replace(split_part(side.reference, '/', 4), '%2F', '/') as evse_uid
    from {{ ref('evse_override') }} as evse_override
    cross join lateral (values (evse_override.one), (evse_override.other)) as side (reference)
    where
        (evse_override.valid_from is null or evse_override.valid_from <= {{ state_day() }})
        and (evse_override.valid_to is null or evse_override.valid_to > {{ state_day() }})
),

parted as (
    select distinct
        member.member_number,
        member.plain_key
    from member
    inner join override using (source, party, location_id, evse_uid)
    where override.override_kind = 'different' and override.is_other and member.looks_like_emi3
),

parted_id as (
    select distinct plain_key
    from parted
),

-- The box is smaller than the circle, so that it lets no pair through that is too far apart.
shared_id as (
    select
        plain_key,
        count(*) as members,
        greatest(
            max(latitude) - min(latitude),
            (max(longitude) - min(longitude)) * cos(radians(min(abs(latitude))))
        ) * 111195 > {{ var('same_place_m') }} / 1.5 as is_spread
    from member
    where looks_like_emi3
    group by plain_key
    having count(*) > 1
),

-- An id published at several places. Few: 82 ids in the Dutch feed of 2026-06-07. More members than
-- any mistake explains: a constant, and no identity.
spread_member as (
    select
        member.member_number,
        member.plain_key,
        {{ member_key('member') }} as member_key,
        member.former_key,
        member.latitude,
        member.longitude,
        parted.member_number is not null as is_parted
    from member
    inner join shared_id using (plain_key)
    left join parted using (member_number)
    left join parted_id on member.plain_key = parted_id.plain_key
    where
        shared_id.members <= {{ var('most_copies') }}
        and (shared_id.is_spread or parted_id.plain_key is not null)
),

near as (
    select
        one.member_key,
        other.member_key as near_member_key
    from spread_member as one
    inner join spread_member as other
        on
            one.plain_key = other.plain_key
            -- Without coordinates nothing says that it is elsewhere.
            and coalesce(
                {{ distance_m('one.latitude', 'one.longitude', 'other.latitude', 'other.longitude') }}
                <= {{ var('same_place_m') }},
                true
            )
            and (one.member_key = other.member_key or not (one.is_parted or other.is_parted))
),

reached as (
    select
        member_key,
        near_member_key
    from near
    union
    select
        reached.member_key,
        near.near_member_key
    from reached
    inner join near on reached.near_member_key = near.member_key
),

linked as (
    select
        member_key,
        min(near_member_key collate "C") as place_key
    from reached
    group by member_key
),

placed as (
    select
        spread_member.*,
        linked.place_key
    from spread_member
    inner join linked using (member_key)
),

place_of_id as (
    select
        plain_key,
        place_key,
        count(*) over (partition by plain_key) > 1 as is_one_of_several,
        not bool_and(is_parted)
        and row_number() over (
            partition by plain_key
            order by
                bool_and(is_parted) asc,
                bool_or(former_key = plain_key) desc nulls last,
                count(*) desc,
                place_key asc
        ) = 1 as is_main
    from placed
    group by plain_key, place_key
),

-- Members whose key the day alone gives is not the plain one: at a second place the id and that
-- place, of a constant the member itself.
special as (
    select
        placed.member_number,
        true as has_emi3_id,
        place_of_id.is_one_of_several as is_id_at_several_places,
        placed.is_parted,
        case
            when place_of_id.is_main then placed.plain_key
            else placed.plain_key || '~' || placed.place_key
        end as own_key
    from placed
    inner join place_of_id using (plain_key, place_key)
    union all
    select
        member.member_number,
        false as has_emi3_id,
        false as is_id_at_several_places,
        false as is_parted,
        {{ member_key('member') }} as own_key
    from member
    inner join shared_id using (plain_key)
    where shared_id.members > {{ var('most_copies') }}
),

-- Keys that the analyst has found to be of one EVSE.
same_reference as (
    select
        override.one,
        override.other,
        coalesce(special.own_key, member.plain_key) as own_key
    from member
    inner join override using (source, party, location_id, evse_uid)
    left join special using (member_number)
    where override.override_kind = 'same'
    union
    select
        override.one,
        override.other,
        member.plain_key as own_key
    from member
    inner join override on member.plain_key = override.normalised_evse_id
    left join special using (member_number)
    where
        override.override_kind = 'same'
        and coalesce(special.own_key, member.plain_key) = member.plain_key
),

same as (
    select
        one_side.own_key,
        other_side.own_key as same_key
    from same_reference as one_side
    inner join same_reference as other_side using (one, other)
    union
    select
        same.own_key,
        next_side.own_key as same_key
    from same
    inner join same_reference as this_side on same.same_key = this_side.own_key
    inner join same_reference as next_side using (one, other)
),

merged as (
    select
        own_key,
        min(same_key collate "C") as merged_key
    from same
    group by own_key
    having count(*) > 1
),

-- The key that the day alone would give.
own as not materialized (
    select
        member.*,
        merged.merged_key,
        coalesce(special.has_emi3_id, member.looks_like_emi3) as has_emi3_id,
        coalesce(special.is_id_at_several_places, false) as is_id_at_several_places,
        case
            when merged.merged_key is not null then 'same'
            when special.is_parted then 'different'
        end as override_kind,
        coalesce(merged.merged_key, special.own_key, member.plain_key) as own_key
    from member
    left join special using (member_number)
    left join merged on coalesce(special.own_key, member.plain_key) = merged.own_key
),

-- Members that have had another key: theirs are all the questions of inheritance.
moved as (
    select
        own_key,
        former_key
    from own
    where former_key <> own_key
),

asked as (
    select own_key as asked_key
    from moved
    union
    select former_key as asked_key
    from moved
),

kept as (
    select distinct own.own_key
    from own
    inner join asked on own.own_key = asked.asked_key
    where own.former_key = own.own_key
),

claim as (
    select distinct on (moved.own_key)
        moved.own_key,
        moved.former_key,
        count(*) as members
    from moved
    left join kept on moved.own_key = kept.own_key
    left join kept as keeper on moved.former_key = keeper.own_key
    where kept.own_key is null and keeper.own_key is null
    group by moved.own_key, moved.former_key
    order by moved.own_key, count(*) desc, moved.former_key
),

inherited as (
    select distinct on (former_key)
        former_key,
        own_key
    from claim
    order by former_key, members desc, own_key
),

-- The id was given to another EVSE, whose history goes on under it.
taken as (
    select
        own.own_key,
        {{ member_key('own') }} as member_key
    from own
    inner join inherited as heir on own.own_key = heir.former_key
    left join inherited on own.own_key = inherited.own_key
    where inherited.own_key is null
),

rekeyed as (
    select
        own_key,
        former_key as physical_evse_key
    from inherited
    union all
    select
        own_key,
        own_key || '~' || min(member_key collate "C") as physical_evse_key
    from taken
    group by own_key
),

-- Most members are alone under their key; the others stand in line.
line as (
    select
        own.member_number,
        row_number() over survivor_first as place_in_line,
        first_value(own.last_updated) over survivor_first as survivor_last_updated,
        first_value(own.observed_at) over survivor_first as survivor_observed_at,
        first_value(own.source_rank) over survivor_first as survivor_source_rank
    from own
    left join shared_id on own.plain_key = shared_id.plain_key
    where shared_id.plain_key is not null or own.merged_key is not null
    window survivor_first as (
        partition by own.own_key collate "C"
        order by
            own.last_updated desc nulls last,
            own.source_rank asc,
            {{ member_key('own') }} collate "C" asc
    )
),

ranked as (
    select
        own.*,
        coalesce(rekeyed.physical_evse_key, own.own_key) as physical_evse_key,
        coalesce(line.place_in_line, 1) as place_in_line,
        line.survivor_last_updated,
        line.survivor_observed_at,
        line.survivor_source_rank
    from own
    left join rekeyed on own.own_key = rekeyed.own_key
    left join line on own.member_number = line.member_number
),

aged as (
    select
        ranked.*,
        coalesce(last_updated >= observed_at - interval '{{ var("fresh_days") }} days', false)
            as is_fresh,
        coalesce(
            survivor_last_updated >= survivor_observed_at - interval '{{ var("fresh_days") }} days',
            false
        ) as is_survivor_fresh,
        coalesce(
            status = 'CHARGING'
            and last_updated < observed_at - make_interval(hours => case when is_dc then 6 else 24 end),
            false
        ) as is_zombie,
        coalesce(status not in ('PLANNED', 'REMOVED'), true) as is_counted
    from ranked
),

observed as (
    select
        aged.*,
        case
            when not is_counted then null
            when last_updated is null then 'no_last_updated'
            when not is_fresh then 'unverified'
            when is_zombie then 'zombie'
            when status is null then 'no_status'
            when status = 'UNKNOWN' then 'status_unknown'
            when status in (
                'AVAILABLE', 'CHARGING', 'RESERVED', 'BLOCKED', 'PREPARING', 'FINISHING'
            ) then 'status_up'
            when status in ('INOPERATIVE', 'OUTOFORDER') then 'status_down'
            else 'status_unrecognised'
        end as observation_reason
    from aged
)

select
    {{ state_day() }} as state_date,
    source,
    party,
    location_id,
    evse_uid,
    physical_evse_key,
    place_in_line = 1 as is_survivor,
    case
        when place_in_line = 1 then null
        when is_survivor_fresh and not is_fresh then 'stale_copy'
        when coalesce(last_updated < survivor_last_updated, survivor_last_updated is not null)
            then 'older_copy'
        when source_rank > survivor_source_rank then 'same_age_lower_rank'
        else 'same_age_larger_key'
    end as loser_reason,
    evse_id,
    has_emi3_id,
    is_id_at_several_places,
    override_kind,
    is_loaded as is_observed,
    observed_at,
    status,
    last_updated,
    is_fresh,
    is_zombie,
    is_counted,
    case observation_reason
        when 'status_up' then 'U'
        when 'status_down' then 'D'
        else case when is_counted then 'K' end
    end as observation_class,
    observation_reason,
    country,
    operator_id,
    operator_name,
    owner_id,
    owner_name,
    is_public,
    power_kw,
    power_method,
    power_reason,
    power_band
from observed
