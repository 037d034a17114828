-- Grain: snapshot_date, operator_id, country, basket, currency. Costs are never mixed across
-- currencies; connectors without a cost stand under the currency of none, with the reason.
{{
    config(
        materialized='daily',
        indexes=[{'columns': ['snapshot_date']}],
        pre_hook=plan_without('nestloop', 'mergejoin')
    )
}}
{{ price_daily(['operator_id', 'country']) }}
