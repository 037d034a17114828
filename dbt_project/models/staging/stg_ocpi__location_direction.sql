{{ staged_history('location_direction') }}
