#!/bin/sh
# The Postgres image runs this script once. It creates the database of Observa, owned by a role that is no superuser, because row-level
# security does not apply to superusers.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$OBSERVA_PASSWORD" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE observa LOGIN PASSWORD :'password';
CREATE DATABASE observa OWNER observa;
SQL
