{{ staged_history('evse_image') }}
