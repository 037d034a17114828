{{ staged_history('tariff') }}
