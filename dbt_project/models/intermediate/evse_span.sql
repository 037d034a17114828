-- Grain: a published EVSE (member) and the state days of a calendar week, from_date to last_date, on
-- which nothing changes of it or of what decides which copy speaks. The key that each day alone gives,
-- which member speaks, and why each of the others does not.
-- Postgres takes what is true on some days for little: it would sort it, or go through it row by row,
-- where hashing is the safe choice.
-- depends_on: {{ ref('snapshot_day') }}
{{
    config(
        materialized='daily',
        pre_hook=[plan_without('nestloop', 'mergejoin'), plan_with_room()],
        indexes=[
            {'columns': ['state_week', 'from_date']},
            {'columns': ['state_week', 'last_date']},
            {'columns': ['own_key', 'state_week']},
            {'columns': [member_hash()]},
        ]
    )
}}

with recursive

week as materialized (
    select
        state_week,
        array_agg(state_date order by state_date) as state_dates
    from (
        select distinct
            state_week,
            state_date
        from {{ ref('snapshot_day') }}
        where {{ is_due('state_week') }}
    ) as day
    group by state_week
),

piece as materialized (
    select
        published.*,
        case
            when published.looks_like_emi3 then published.normalised_evse_id
            else {{ member_key('published') }}
        end as plain_key,
        -- Of this statement alone: joins by number where they would be by four texts.
        row_number() over ()::integer as piece_number
    from (
        select
            *,
            coalesce({{ looks_like_emi3('normalised_evse_id') }}, false) as looks_like_emi3
        from {{ ref('evse_member') }}
    ) as published
),

-- What the seed says on the day; a reference with '/' in it is a member, another an id.
override as (
    select
        evse_override.override_kind,
        evse_override.one,
        evse_override.other,
        evse_override.valid_from,
        evse_override.valid_to,
        side.reference,
        side.reference = evse_override.other as is_other,
        {{ normalised_evse_id('side.reference') }} as normalised_evse_id,
        replace(split_part(side.reference, '/', 1), '%2F', '/') as source,
        replace(split_part(side.reference, '/', 2), '%2F', '/') as party,
        replace(split_part(side.reference, '/', 3), '%2F', '/') as location_id,
        replace(split_part(side.reference, '/', 4), '%2F', '/') as evse_uid
    from {{ ref('evse_override') }} as evse_override
    cross join lateral (values (evse_override.one), (evse_override.other)) as side (reference)
),

override_key as (
    select piece.plain_key
    from piece
    inner join override using (source, party, location_id, evse_uid)
    union
    select normalised_evse_id as plain_key
    from override
),

-- Keys of several members, or of an override: all others are alone and speak for themselves.
company as materialized (
    select
        piece.state_week,
        piece.plain_key,
        bool_or(override_key.plain_key is not null) as is_overridden
    from piece
    left join override_key on piece.plain_key = override_key.plain_key
    group by piece.state_week, piece.plain_key
    having
        min(piece.evse_number) <> max(piece.evse_number)
        or bool_or(override_key.plain_key is not null)
),

companion as materialized (
    select
        piece.piece_number,
        piece.state_week,
        piece.from_day,
        piece.last_day,
        piece.plain_key,
        piece.looks_like_emi3,
        piece.source,
        piece.party,
        piece.location_id,
        piece.evse_uid,
        {{ member_key('piece') }} as member_key,
        piece.latitude,
        piece.longitude,
        piece.last_updated,
        piece.source_rank,
        coalesce(
            piece.last_updated
            >= piece.observed_at - make_interval(days => {{ var('fresh_days') }}),
            false
        ) as is_fresh,
        company.is_overridden
    from piece
    inner join company using (state_week, plain_key)
),

-- Where one of them changes, comes or goes, all are looked at anew; the seed's word has its own days.
company_cut as (
    select
        state_week,
        plain_key,
        from_day as cut
    from companion
    union
    select
        state_week,
        plain_key,
        last_day + 1 as cut
    from companion
    union
    select
        company.state_week,
        company.plain_key,
        generate_subscripts(week.state_dates, 1) as cut
    from company
    inner join week using (state_week)
    where company.is_overridden
),

part as (
    select
        piece_number,
        from_day,
        lead(from_day) over (partition by piece_number order by from_day) - 1 as day_before_next
    from (
        select
            piece_number,
            from_day
        from companion
        union
        select
            companion.piece_number,
            company_cut.cut as from_day
        from companion
        inner join company_cut using (state_week, plain_key)
        where company_cut.cut > companion.from_day and company_cut.cut <= companion.last_day
    ) as start
),

-- Of one `moment` are members that are there together.
member as materialized (
    select
        companion.piece_number,
        companion.state_week,
        part.from_day,
        coalesce(part.day_before_next, companion.last_day) as last_day,
        companion.plain_key,
        companion.looks_like_emi3,
        companion.source,
        companion.party,
        companion.location_id,
        companion.evse_uid,
        companion.member_key,
        companion.latitude,
        companion.longitude,
        companion.last_updated,
        companion.source_rank,
        companion.is_fresh,
        week.state_dates[part.from_day] as state_date,
        companion.state_week + part.from_day as moment,
        row_number() over ()::integer as member_number
    from part
    inner join companion on part.piece_number = companion.piece_number
    inner join week on companion.state_week = week.state_week
),

overridden as (
    select
        member.member_number,
        override.override_kind,
        override.one,
        override.other,
        override.is_other,
        true as is_by_member
    from member
    inner join override using (source, party, location_id, evse_uid)
    where {{ is_in_force('override', 'member.state_date') }}
    union all
    select
        member.member_number,
        override.override_kind,
        override.one,
        override.other,
        override.is_other,
        false as is_by_member
    from member
    inner join override on member.plain_key = override.normalised_evse_id
    where {{ is_in_force('override', 'member.state_date') }}
),

parted as (
    select distinct
        member.member_number,
        member.moment,
        member.plain_key
    from member
    inner join overridden using (member_number)
    where
        overridden.override_kind = 'different'
        and overridden.is_by_member
        and overridden.is_other
        and member.looks_like_emi3
),

parted_id as (
    select distinct
        moment,
        plain_key
    from parted
),

-- The box is smaller than the circle, so that it lets no pair through that is too far apart.
shared_id as (
    select
        moment,
        plain_key,
        count(*) as members,
        greatest(
            max(latitude) - min(latitude),
            (max(longitude) - min(longitude)) * cos(radians(min(abs(latitude))))
        ) * 111195 > {{ var('same_place_m') }} / 1.5 as is_spread
    from member
    where looks_like_emi3
    group by moment, plain_key
    having count(*) > 1
),

-- An id published at several places. Few: 82 ids in the Dutch feed of 2026-06-07. More members than
-- any mistake explains: a constant, and no identity.
spread_member as materialized (
    select
        member.member_number,
        member.moment,
        member.plain_key,
        member.member_key,
        member.latitude,
        member.longitude,
        member.latitude is not null and member.longitude is not null as is_located,
        parted.member_number is not null as is_parted
    from member
    inner join shared_id using (moment, plain_key)
    left join parted using (member_number)
    left join parted_id
        on member.moment = parted_id.moment and member.plain_key = parted_id.plain_key
    where
        shared_id.members <= {{ var('most_copies') }}
        and (shared_id.is_spread or parted_id.plain_key is not null)
),

near as (
    select
        one.member_number,
        other.member_number as near_number,
        other.member_key as near_key
    from spread_member as one
    inner join spread_member as other
        on
            one.moment = other.moment
            and one.plain_key = other.plain_key
            -- One without coordinates links no two places.
            and coalesce(
                {{ distance_m('one.latitude', 'one.longitude', 'other.latitude', 'other.longitude') }}
                <= {{ var('same_place_m') }},
                not (one.is_located or other.is_located)
            )
            and (
                one.member_number = other.member_number or not (one.is_parted or other.is_parted)
            )
),

reached as (
    select
        member_number,
        near_number,
        near_key
    from near
    union
    select
        reached.member_number,
        near.near_number,
        near.near_key
    from reached
    inner join near on reached.near_number = near.member_number
),

linked as (
    select
        member_number,
        min(near_key collate "C") as place_key
    from reached
    group by member_number
),

main_place as (
    select distinct on (spread_member.moment, spread_member.plain_key)
        spread_member.moment,
        spread_member.plain_key,
        linked.place_key
    from spread_member
    inner join linked using (member_number)
    where spread_member.is_located and not spread_member.is_parted
    group by spread_member.moment, spread_member.plain_key, linked.place_key
    order by
        spread_member.moment,
        spread_member.plain_key,
        count(*) desc,
        linked.place_key
),

-- Without coordinates nothing says that it is elsewhere: it is where most are.
placed as (
    select
        spread_member.*,
        case
            when spread_member.is_located or spread_member.is_parted then linked.place_key
            else coalesce(main_place.place_key, linked.place_key)
        end as place_key
    from spread_member
    inner join linked using (member_number)
    left join main_place
        on
            spread_member.moment = main_place.moment
            and spread_member.plain_key = main_place.plain_key
),

-- The place of most members has the plain key. Whether that is new for them is asked later.
place_of_id as (
    select
        moment,
        plain_key,
        place_key,
        count(*) over (partition by moment, plain_key) > 1 as is_one_of_several,
        not bool_and(is_parted)
        and row_number() over (
            partition by moment, plain_key
            order by
                bool_and(is_parted) asc,
                count(*) desc,
                place_key asc
        ) = 1 as is_main
    from placed
    group by moment, plain_key, place_key
),

-- Members whose key is not the plain one: at a second place the id and that place, of a constant the
-- member itself.
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
    inner join place_of_id using (moment, plain_key, place_key)
    union all
    select
        member.member_number,
        false as has_emi3_id,
        false as is_id_at_several_places,
        false as is_parted,
        member.member_key as own_key
    from member
    inner join shared_id using (moment, plain_key)
    where shared_id.members > {{ var('most_copies') }}
),

-- Keys that the analyst has found to be of one EVSE.
same_reference as (
    select distinct
        member.moment,
        overridden.one,
        overridden.other,
        coalesce(special.own_key, member.plain_key) as own_key
    from overridden
    inner join member using (member_number)
    left join special using (member_number)
    where
        overridden.override_kind = 'same'
        and (
            overridden.is_by_member or coalesce(special.own_key, member.plain_key) = member.plain_key
        )
),

same as (
    select
        one_side.moment,
        one_side.own_key,
        other_side.own_key as same_key
    from same_reference as one_side
    inner join same_reference as other_side using (moment, one, other)
    union
    select
        same.moment,
        same.own_key,
        next_side.own_key as same_key
    from same
    inner join same_reference as this_side
        on same.moment = this_side.moment and same.same_key = this_side.own_key
    inner join same_reference as next_side
        on
            this_side.moment = next_side.moment
            and this_side.one = next_side.one
            and this_side.other = next_side.other
),

merged as (
    select
        moment,
        own_key,
        min(same_key collate "C") as merged_key
    from same
    group by moment, own_key
    having count(*) > 1
),

own as (
    select
        member.*,
        coalesce(special.has_emi3_id, member.looks_like_emi3) as has_emi3_id,
        coalesce(special.is_id_at_several_places, false) as is_id_at_several_places,
        case
            when merged.merged_key is not null then 'same'
            when special.is_parted then 'different'
        end as override_kind,
        coalesce(merged.merged_key, special.own_key, member.plain_key) as own_key
    from member
    left join special using (member_number)
    left join merged
        on
            member.moment = merged.moment
            and coalesce(special.own_key, member.plain_key) = merged.own_key
),

ranked as (
    select
        own.piece_number,
        own.from_day,
        own.last_day,
        own.own_key,
        own.has_emi3_id,
        own.is_id_at_several_places,
        own.override_kind,
        row_number() over survivor_first as place_in_line,
        first_value(own.last_updated) over survivor_first as survivor_last_updated,
        first_value(own.is_fresh) over survivor_first as is_survivor_fresh,
        first_value(own.source_rank) over survivor_first as survivor_source_rank
    from own
    window survivor_first as (
        partition by own.moment, own.own_key collate "C"
        order by
            own.last_updated desc nulls last,
            own.source_rank asc,
            own.member_key collate "C" asc
    )
),

aged as (
    select
        piece.*,
        coalesce(ranked.from_day, piece.from_day) as part_from_day,
        coalesce(ranked.last_day, piece.last_day) as part_last_day,
        coalesce(ranked.own_key, piece.plain_key) as own_key,
        coalesce(ranked.has_emi3_id, piece.looks_like_emi3) as has_emi3_id,
        coalesce(ranked.is_id_at_several_places, false) as is_id_at_several_places,
        ranked.override_kind,
        coalesce(ranked.place_in_line, 1) as place_in_line,
        ranked.survivor_last_updated,
        ranked.is_survivor_fresh,
        ranked.survivor_source_rank,
        coalesce(
            piece.last_updated
            >= piece.observed_at - make_interval(days => {{ var('fresh_days') }}),
            false
        ) as is_fresh,
        coalesce(
            piece.status = 'CHARGING'
            and piece.last_updated
            < piece.observed_at - make_interval(hours => case when piece.is_dc then 6 else 24 end),
            false
        ) as is_zombie,
        coalesce(piece.status not in ('PLANNED', 'REMOVED'), true) as is_counted
    from piece
    left join ranked on piece.piece_number = ranked.piece_number
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
    observed.state_week,
    observed.part_from_day as from_day,
    observed.part_last_day as last_day,
    week.state_dates[observed.part_from_day] as from_date,
    week.state_dates[observed.part_last_day] as last_date,
    observed.source,
    observed.party,
    observed.location_id,
    observed.evse_uid,
    observed.own_key,
    observed.place_in_line = 1 as is_survivor,
    case
        when observed.place_in_line = 1 then null
        when observed.is_survivor_fresh and not observed.is_fresh then 'stale_copy'
        when
            coalesce(
                observed.last_updated < observed.survivor_last_updated,
                observed.survivor_last_updated is not null
            )
            then 'older_copy'
        when observed.source_rank > observed.survivor_source_rank then 'same_age_lower_rank'
        else 'same_age_larger_key'
    end as loser_reason,
    observed.evse_id,
    observed.has_emi3_id,
    observed.is_id_at_several_places,
    observed.override_kind,
    observed.status,
    observed.last_updated,
    observed.is_fresh,
    observed.is_zombie,
    observed.is_counted,
    case observed.observation_reason
        when 'status_up' then 'U'
        when 'status_down' then 'D'
        else case when observed.is_counted then 'K' end
    end as observation_class,
    observed.observation_reason,
    observed.country,
    observed.operator_id,
    observed.operator_name,
    observed.owner_id,
    observed.owner_name,
    observed.is_public,
    observed.power_kw,
    observed.power_method,
    observed.power_reason,
    observed.power_band
from observed
inner join week on observed.state_week = week.state_week
