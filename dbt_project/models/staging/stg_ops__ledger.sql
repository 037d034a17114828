-- Generated from pipelines/model; do not edit. `ocpi-warehouse generate` writes it anew.
{{ staged('ops', 'ledger') }}
