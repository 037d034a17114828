{{ staged_history('evse_status_schedule') }}
