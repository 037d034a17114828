{{ staged_history('tariff_alt_text') }}
