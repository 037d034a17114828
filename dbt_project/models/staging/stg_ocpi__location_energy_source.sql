{{ staged_history('location_energy_source') }}
