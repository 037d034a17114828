{# How evse_span is made of versions, and how days are told of it. #}

{# The versions of a history table that are true on days of a run (see evse_member), and on which of
   its days, told as places in the run. What ended before all runs is left to an index, where there is
   one: a night reads what ended since, and what is true now. #}
{% macro is_true_in(relation, run) -%}
    {{ relation }}.valid_from <= {{ run }}.last_date
    and ({{ relation }}.valid_to is null or {{ relation }}.valid_to > {{ run }}.first_date)
    and ({{ relation }}.valid_to is null or {{ relation }}.valid_to > {{ first_due_day() }})
{%- endmacro %}

{% macro places_of(relation, run) -%}
    width_bucket({{ relation }}.valid_from - 1, {{ run }}.state_dates) + 1 as from_place,
        coalesce(width_bucket({{ relation }}.valid_to - 1, {{ run }}.state_dates), {{ run }}.days) + 1
            as to_place,
        {{ run }}.days
{%- endmacro %}

{# Versions of what an EVSE has, by its number in evse_member; callers bring `run` and `evse`. #}
{% macro versions_in_runs(relation, columns, join='inner') -%}
    select
        evse.evse_number,
        evse.run_number,
        {%- for column in columns %}
        version.{{ column }},
        {%- endfor %}
        greatest(version.from_place, evse.from_place) as from_place,
        least(version.to_place, evse.to_place) as to_place,
        evse.days
    from (
        select
            version.*,
            run.run_number,
            {{ places_of('version', 'run') }}
        from {{ ref(relation) }} as version
        inner join run on version.source = run.source and {{ is_true_in('version', 'run') }}
    ) as version
    {{ join }} join evse
        on
            version.run_number = evse.run_number
            and version.from_place < evse.to_place
            and version.to_place > evse.from_place
            and version.party = evse.party
            and version.location_id = evse.location_id
            and version.evse_uid = evse.evse_uid
{%- endmacro %}

{# Time may come to tell otherwise of a status while it stands: `told` of evse_member. #}
{% macro may_turn(status, run) -%}
    coalesce(
        {{ status }}.to_place - {{ status }}.from_place > 1
        and (
            {{ status }}.last_updated between {{ run }}.first_stale and {{ run }}.last_stale
            or (
                coalesce({{ status }}.status, 'CHARGING') = 'CHARGING'
                and {{ status }}.last_updated between {{ run }}.first_zombie and {{ run }}.last_zombie
            )
        ),
        false
    )
{%- endmacro %}

{# Where versions of an EVSE begin and end inside their run. #}
{% macro cuts_of(relations) -%}
    {%- for relation in relations %}
        select
            evse_number,
            from_place as cut
        from {{ relation }}
        where from_place > 1
        union all
        select
            evse_number,
            to_place as cut
        from {{ relation }}
        where to_place <= days
        {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# For lateral: a whole by its parts, which begin and end where it does or is cut (sorted, or NULL). #}
{% macro parts_of(whole, cuts) -%}
    {%- set within -%}
        coalesce(
            {{ cuts }}[
                width_bucket({{ whole }}.from_place, {{ cuts }}) + 1
                :width_bucket({{ whole }}.to_place - 1, {{ cuts }})
            ],
            '{}'
        )
    {%- endset -%}
    unnest({{ whole }}.from_place || {{ within }}, {{ within }} || {{ whole }}.to_place)
        as part (from_place, to_place)
{%- endmacro %}

{# A span of evse_span that covers a state day. #}
{% macro is_in_span(span, day) -%}
    {{ span }}.state_week = date_trunc('week', {{ day }})::date
        and {{ day }} between {{ span }}.from_date and {{ span }}.last_date
{%- endmacro %}

{# A CTE for models that count days of spans: the state days of each source that are due. Spans that
   begin and end together are counted first, so that days are told of few rows. #}
{% macro due_source_days(where='true') -%}
    day as (
        select
            source,
            state_week,
            state_date,
            is_loaded
        from {{ ref('snapshot_day') }}
        where snapshot_date = state_date and {{ is_due('state_date') }} and {{ where }}
    )
{%- endmacro %}

{% macro is_of_due_week(span) -%}
    {{ span }}.state_week = any(array(select day.state_week from day))
{%- endmacro %}

{% macro is_day_of(span) -%}
    {{ span }}.source = day.source
        and {{ span }}.state_week = day.state_week
        and day.state_date between {{ span }}.from_date and {{ span }}.last_date
{%- endmacro %}

{# Of rows of physical_evse that are joined with the state days of a relation: the weeks of these days.
   Without it, and without loops, all days there are would be read. The bounds say it once more: of a
   list the planner takes weeks for many. #}
{% macro is_of_week_of(evse, day, relation) -%}
    {%- set week = "date_trunc('week', asked." ~ day ~ ")::date" -%}
    {{ evse }}.state_week = any(array(select {{ week }} from {{ relation }} as asked))
    and {{ evse }}.state_week between (select min({{ week }}) from {{ relation }} as asked)
    and (select max({{ week }}) from {{ relation }} as asked)
{%- endmacro %}
