{{ staged_history('location_roaming_card') }}
