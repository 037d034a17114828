{{ staged_history('evse_status') }}
