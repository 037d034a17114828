{{ staged_history('location') }}
