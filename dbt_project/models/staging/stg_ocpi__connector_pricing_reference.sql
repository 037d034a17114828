-- Generated from pipelines/model; do not edit. `ocpi-warehouse generate` writes it anew.
{{ staged('ocpi', 'connector_pricing_reference') }}
