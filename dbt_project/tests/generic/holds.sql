{# A condition that every row of a seed has to meet, which cannot have a constraint; one pass for as many
   conditions as are joined by and. #}
{% test holds(model, condition) %}
    select *
    from {{ model }}
    where ({{ condition }}) is not true
{% endtest %}
