{{ staged_history('tariff_environmental_impact') }}
