{# Which outages are told anew where only some days are built (see versions.sql). #}

{# A pre-hook of evse_outage. What was over before the first day that the loads have moved stays; all
   else is replaced: an outage that goes on is longer with every night. #}
{% macro forget_moved_outages() -%}
    {%- call taking_out() -%}
        create temporary table {{ moved_keys() }} on commit drop as
        select
            physical_evse_key,
            began_on
        from {{ this }}
        where ended_on is null or ended_on >= {{ first_moved_day() }};
        analyze {{ moved_keys() }};
        delete from {{ this }} where ended_on is null or ended_on >= {{ first_moved_day() }}
    {%- endcall -%}
{%- endmacro %}

{# The changes that outages to be told are made of: of the days from the first moved one on, and where
   those began that were not over on it. #}
{% macro down_changes_to_tell() -%}
    {%- if is_partial_build() -%}
        select evse_down_change.*
        from {{ ref('evse_down_change') }} as evse_down_change
        where evse_down_change.state_date >= {{ first_moved_day() }}
        union all
        select began.*
        from {{ ref('evse_down_change') }} as began
        inner join {{ moved_keys() }} as moved
            on
                began.physical_evse_key = moved.physical_evse_key
                and began.state_date = moved.began_on
        where
            began.state_date < {{ first_moved_day() }}
            and began.change = 'begins'
            -- By the index, as no loop may do it.
            and began.physical_evse_key = any(array(select key.physical_evse_key from {{ moved_keys() }} as key))
    {%- else -%}
        select * from {{ ref('evse_down_change') }}
    {%- endif -%}
{%- endmacro %}
