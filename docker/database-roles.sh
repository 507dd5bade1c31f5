#!/bin/sh
# Runs once, when the database is made. Two roles: advocacy_owner owns the tables and migrates
# them; advocacy_app is the product, owns nothing and is bound by row-level security.
set -eu

psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
     --set=owner_password="$DATABASE_OWNER_PASSWORD" --set=app_password="$DATABASE_PASSWORD" <<'SQL'
CREATE ROLE advocacy_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB
    PASSWORD :'owner_password';
CREATE ROLE advocacy_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB
    PASSWORD :'app_password';
SELECT current_database() AS database \gset
ALTER DATABASE :"database" OWNER TO advocacy_owner;
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO advocacy_app;
SQL
