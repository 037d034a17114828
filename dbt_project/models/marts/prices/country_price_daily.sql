-- Grain: snapshot_date, country, basket, currency. As operator_price_daily, over all operators.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        pre_hook=plan_without('nestloop', 'mergejoin')
    )
}}
{{ price_daily(['country']) }}
