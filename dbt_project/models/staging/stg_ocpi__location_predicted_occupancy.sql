{{ staged_history('location_predicted_occupancy') }}
