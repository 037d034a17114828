-- Grain: model of days, day that it has built. The materialization `daily` writes it with the rows of the
-- day, which may be none: without it such a day would be lacking, and built anew every night.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        indexes=[{'columns': ['model', 'day'], 'unique': true}]
    )
}}

select
    null::text as model,
    null::date as day
where false
