-- Grain: snapshot_date, country, basket, currency. As operator_price_daily, over all operators.
{{ config(materialized='daily') }}
{{ price_daily(['country']) }}
