{{ staged_history('location_opening_hours') }}
