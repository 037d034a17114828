{{ staged_history('location_exceptional_period') }}
