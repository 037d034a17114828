#!/bin/sh
# Two databases, two owners: what Dagster keeps, and the warehouse.
set -eu
psql -v ON_ERROR_STOP=1 -v password="$POSTGRES_PASSWORD" -U postgres <<'SQL'
create role dagster login password :'password';
create database dagster owner dagster;
create role warehouse login createrole password :'password';
create database warehouse owner warehouse;
SQL
