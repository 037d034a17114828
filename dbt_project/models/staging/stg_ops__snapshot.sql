{{ staged_ledger('snapshot') }}
