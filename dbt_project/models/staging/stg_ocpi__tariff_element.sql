{{ staged_history('tariff_element') }}
