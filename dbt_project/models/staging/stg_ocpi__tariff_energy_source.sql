{{ staged_history('tariff_energy_source') }}
