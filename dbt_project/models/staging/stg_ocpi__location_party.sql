{{ staged_history('location_party') }}
