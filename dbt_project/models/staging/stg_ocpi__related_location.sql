{{ staged_history('related_location') }}
