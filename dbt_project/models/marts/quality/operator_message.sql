-- Grain: source, operator and country. A draft for a person to read, correct and send: what would
-- improve the operator's figures most, at most eight defects, and the fields that stand empty.
with

defect as (
    select
        quality_defect.*,
        row_number() over (
            partition by source, operator_id, country
            order by
                array_position(array['high', 'medium'], severity),
                greatest(abs(cost_points) / 5, cost_power_share / 0.05, affected_share / 0.2)
                desc nulls last,
                defect collate "C"
        ) as place
    from {{ ref('quality_defect') }} as quality_defect
    where
        severity in ('high', 'medium')
        and defect <> 'missing_field'
        and operator_id not in ('all_operators', 'unknown')
),

worded as (
    select
        source,
        operator_id,
        country,
        place,
        place || '. ' || to_char(affected_rows, 'FM999,999,999,999')
        || coalesce(
            ' of ' || to_char(rows_counted, 'FM999,999,999,999')
            || ' (' || to_char(100 * affected_share, 'FM990.0') || ' %)',
            ''
        )
        || ': ' || finding || '.'
        || coalesce(
            E'\n   ' || case
                when cost_mw < 0.05 then null
                else replace(
                    case cost_mw_basis
                        when 'published_twice' then 'A plain sum over the feed counts {} MW twice.'
                        when 'unverified' then 'Of {} MW of your power we have heard nothing for 30 days.'
                        when 'derived' then 'We had to derive {} MW of your installed power ourselves.'
                        when 'untold' then 'By our estimate {} MW are missing from your installed power.'
                        when 'doubtful' then '{} MW of your installed power rest on these rows.'
                        when 'misread' then 'By the standard your installed power is off by {} MW.'
                        when 'unpriceable' then 'At {} MW of your installed power nobody can tell the price.'
                        when 'vanished' then '{} MW of installed power left with them, and we cannot say why.'
                        when 'unattributed' then '{} MW stand under no name.'
                        else '{} MW cannot be put in their place.'
                    end,
                    '{}',
                    to_char(cost_mw, 'FM999,990.0')
                )
            end,
            ''
        )
        || coalesce(
            E'\n   ' || case
                when abs(cost_points) < 0.05 then null
                else replace(
                    case cost_points_basis
                        when 'interval'
                            then 'For this alone your reliability is uncertain by {} percentage points.'
                        when 'at_stake' then '{} percentage points of your reliability rest on these rows.'
                        else 'Taken row by row your reliability is off by {} percentage points.'
                    end,
                    '{}',
                    to_char(abs(cost_points), 'FM990.0')
                )
            end,
            ''
        )
        || coalesce(E'\n   For example: ' || nullif(array_to_string(examples, ', '), '') || '.', '')
        || E'\n   What helps: ' || request || ' (' || ocpi_field || ').' as item
    from defect
    where place <= 8
),

item as (
    select
        source,
        operator_id,
        country,
        string_agg(item, E'\n\n' order by place) as items
    from worded
    group by source, operator_id, country
),

gap as (
    select
        source,
        operator_id,
        country,
        string_agg(
            '- ' || ocpi_field || ': empty in '
            || to_char(rows_published - rows_filled, 'FM999,999,999,999')
            || ' of ' || to_char(rows_published, 'FM999,999,999,999')
            || case when is_required_by_ocpi then ' (OCPI requires it)' else '' end,
            E'\n'
            order by
                is_required_by_ocpi desc, weight desc, filled_share, level collate "C", field collate "C"
        ) as gaps
    from {{ ref('field_completeness') }}
    where weight >= 2 and filled_share < 0.99
    group by source, operator_id, country
),

card as (
    select scorecard.*
    from {{ ref('quality_scorecard') }} as scorecard
    inner join {{ ref('quality_snapshot') }} as snapshot
        on
            scorecard.source = snapshot.source
            and scorecard.snapshot_date = snapshot.snapshot_date
    where scorecard.operator_id <> 'unknown'
)

select
    card.source,
    card.operator_id,
    card.country,
    card.operator_name,
    card.snapshot_date,
    card.operator_name || ': your charging points in the feed ' || card.source || ', '
    || to_char(card.snapshot_date, 'FMDD FMMonth YYYY') as subject,
    'Dear colleagues at ' || card.operator_name || E',\n\n'
    || 'we read the feed ' || card.source || ' and publish figures on charging from it. On '
    || to_char(card.snapshot_date, 'FMDD FMMonth YYYY') || ' it carried '
    || to_char(card.published_evses, 'FM999,999,999,999') || ' EVSE rows of yours in ' || card.country
    || case
        when card.evses < card.published_evses
            then ', in which we recognise ' || to_char(card.evses, 'FM999,999,999,999') || ' EVSEs'
        else ''
    end
    || '. Your data reach ' || to_char(card.score, 'FM990.0')
    || ' of 100 points in our scorecard, whose weights are ours.'
    || coalesce(E'\n\nThis would improve your figures most:\n\n' || item.items, '')
    || coalesce(E'\n\nFields that figures depend on and that stand empty:\n' || gap.gaps, '')
    || E'\n\nWe can send you the full list of ids for each point. If we have read something wrongly, please'
    || E' tell us: one id is enough for us to look it up and correct it.\n\nKind regards' as message
from card
left join item
    on
        card.source = item.source
        and card.operator_id = item.operator_id
        and card.country = item.country
left join gap
    on
        card.source = gap.source
        and card.operator_id = gap.operator_id
        and card.country = gap.country
where item.items is not null or gap.gaps is not null
