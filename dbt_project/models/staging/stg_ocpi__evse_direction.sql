{{ staged_history('evse_direction') }}
