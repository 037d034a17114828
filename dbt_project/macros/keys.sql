{# Keys of physical EVSEs from day to day, for evse_rekeyed. #}

{# A member that was there on the state day before, under the same own_key: it is not among the
   changed, and not new. #}
{% macro has_stayed(span) -%}
    not exists (
        select 1
        from changed
        where {{ is_same_member('changed', span) }}
    )
    and exists (
        select 1
        from {{ ref('evse_span') }} as before
        where
            {{ member_hash('before') }} = {{ member_hash(span) }}
            and {{ is_same_member('before', span) }}
            and {{ is_in_span('before', '(select former_day.state_date from former_day)') }}
    )
{%- endmacro %}

{% macro is_same_member(one, other) -%}
    {{ one }}.source = {{ other }}.source
            and {{ one }}.party = {{ other }}.party
            and {{ one }}.location_id = {{ other }}.location_id
            and {{ one }}.evse_uid = {{ other }}.evse_uid
{%- endmacro %}
