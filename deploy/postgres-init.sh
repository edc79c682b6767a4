#!/bin/sh
# Run once by the Postgres image: the database of Observa, owned by a role that is no superuser, because a
# superuser is not held by row-level security.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$OBSERVA_PASSWORD" --username "$POSTGRES_USER" <<'SQL'
CREATE ROLE observa LOGIN PASSWORD :'password';
CREATE DATABASE observa OWNER observa;
SQL
