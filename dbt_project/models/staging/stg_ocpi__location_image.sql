{{ staged_history('location_image') }}
