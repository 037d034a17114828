{{ staged_history('connector_tariff') }}
