{{ staged_history('price_component') }}
