{{ staged_history('location_freshness') }}
