#!/bin/sh
# Makes the secrets that compose.yaml mounts, once; what is there stays. The
# folder is closed to others; the files are not, because each container reads
# its own as another user.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
cd secrets

new() { [ ! -e "$1" ] && echo "secrets/$1"; }
random() { openssl rand -hex 32; }

if new postgres_password; then
  admin=$(random) owner=$(random) app=$(random)
  printf '%s\n' "$admin" >postgres_password
  printf 'postgres:5432:*:postgres:%s\n' "$admin" >pgpass
  printf 'postgres://sendvery_owner:%s@postgres:5432/sendvery\n' "$owner" >migrate_database_url
  printf 'postgres://sendvery_app:%s@postgres:5432/sendvery\n' "$app" >database_url
  printf "CREATE ROLE sendvery_owner LOGIN PASSWORD '%s';\nCREATE ROLE sendvery_app LOGIN NOINHERIT PASSWORD '%s';\n" "$owner" "$app" >roles.sql
fi
for ring in seal_keys audit_keys; do
  if new "$ring"; then
    printf '%s:%s\n' "$(date -u +%Y-%m-%d)" "$(openssl rand -base64 32)" >"$ring"
  fi
done
if new cookie_key; then
  random >cookie_key
fi
if new smtp_url; then
  echo 'smtps://user:placeholder@mail.example.org:465' >smtp_url
  echo "Now write your mail server into deploy/secrets/smtp_url."
fi
for name in stripe_secret_key stripe_webhook_secrets; do
  if new "$name"; then
    : >"$name"
  fi
done
chmod 644 ./*
