{{ staged_history('location_environmental_impact') }}
