{{ staged_history('evse') }}
