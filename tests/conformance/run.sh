#!/bin/sh
# Official clients against a dev server: installs them outside of the source tree, starts the server, runs their tests.
#
# usage: run.sh VIDIMUS_PROGRAM BUILD_FOLDER
#
# Exit status 77 when the clients cannot be had, unless CI=true, where that is a failure.
set -eu
program=$1
build=$2
here=$(cd "$(dirname "$0")" && pwd)

without_clients() {  # REASON
  echo "*** OFFICIAL CLIENTS NOT TESTED: $1 ***" >&2
  if [ "${CI:-}" = true ]; then exit 1; fi
  exit 77
}

command -v npm >/dev/null || without_clients "there is no npm"
mkdir -p "$build"
cp "$here"/*.js "$here/package.json" "$build"
if [ ! -d "$build/node_modules" ] || ! cmp -s "$here/package-lock.json" "$build/package-lock.json"; then
  cp "$here/package-lock.json" "$build"
  if ! (cd "$build" && npm ci --no-audit --no-fund --ignore-scripts >npm.log 2>&1); then
    cat "$build/npm.log" >&2
    rm -rf "$build/node_modules"
    without_clients "npm could not install them"
  fi
fi

scratch=$(mktemp -d)
server=""
finish() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null && wait "$server" || true; fi
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 1' INT TERM
"$program" serve --dev --listen 127.0.0.1:0 --state "$scratch/state" >"$scratch/out" 2>"$scratch/log" &
server=$!
waited=0
while ! grep -q '^listening ' "$scratch/out"; do
  if [ "$waited" -ge 600 ] || ! kill -0 "$server" 2>/dev/null; then
    echo "the server did not start:" >&2
    cat "$scratch/log" >&2
    exit 1
  fi
  sleep 0.1
  waited=$((waited + 1))
done

cd "$build"
VIDIMUS_ISSUER=$(sed -n 's/^listening //p' "$scratch/out")
export VIDIMUS_ISSUER
NODE_EXTRA_CA_CERTS="$scratch/state/keys/ca.pem" node --test
