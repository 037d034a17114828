{{ staged_history('connector_freshness') }}
