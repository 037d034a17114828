{{ staged_history('tariff_freshness') }}
