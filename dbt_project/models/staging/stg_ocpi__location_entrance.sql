{{ staged_history('location_entrance') }}
