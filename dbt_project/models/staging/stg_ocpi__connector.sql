{{ staged_history('connector') }}
