{# A condition that every row has to meet; one pass for as many conditions as are joined by and. #}
{% test holds(model, condition) %}
    select *
    from {{ model }}
    where ({{ condition }}) is not true
{% endtest %}
