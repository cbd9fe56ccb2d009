#!/bin/sh
# Runs every command that the given pages show, in a folder of recorded evidence. A ```sh block is run with its exit status ignored; a
# ```text block must name whole lines of the output of the block before it, in order, "..." standing for lines left out. A block that
# begins with "vidimus serve" is a server for the blocks after it; the ports that pages speak of are exchanged for free ones. A page has a
# profile of its own, for `vidimus login`.
# A policy that a block writes has to compile, and one in a ```policy block too. Where its kind of evidence is known, from the name of its
# file ("sgx.policy", "tpm-log.policy") or the word after "policy", the linter has to find nothing, unless the page shows that it does.
set -eu
vidimus=$1
shift
intel=${VIDIMUS_VECTORS:-../shared/vectors}/intel
if [ ! -f "$intel/index.json" ]; then
  echo "*** NO RECORDED EVIDENCE in $intel: set VIDIMUS_VECTORS ***" >&2
  if [ "${CI:-}" = true ]; then exit 1; fi
  exit 0
fi

scratch=$(mktemp -d)
server=""
stop_server() {
  if [ -n "$server" ]; then kill "$server" && wait "$server" || true; fi
  server=""
}
trap 'stop_server; rm -rf "$scratch"' EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
mkdir "$scratch/bin" "$scratch/blocks"
ln -s "$(realpath "$vidimus")" "$scratch/bin/vidimus"
PATH=$scratch/bin:$PATH
unset VIDIMUS_ACCESS_TOKEN VIDIMUS_CLIENT_SECRET
export XDG_CONFIG_HOME

# The files that the pages speak of.
prepare() {  # FOLDER
  mkdir "$1"
  cp -r "$intel/collateral" "$1/endorsements"
  cp "$intel/quotes/sgx-v3-00906ed50000-azure-intelsdk.bin" "$1/quote.bin"
  cp "$intel/openenclave/oe-report-v1-debug.bin" "$1/report.bin"
  cp "$intel/openenclave/oe-report-v1-debug.ehd.bin" "$1/held.bin"
  printf '\001\002\003\004\005\006' >"$1/runtime-data.bin"
  chmod -R u+w "$1"
}

serve() {  # FOLDER BLOCK
  : >"$scratch/listening"
  options=""
  if [ "$(cat "$2")" = "vidimus serve --dev" ]; then options="--listen 127.0.0.1:$dev_port"; fi
  # The server itself, not a shell around it, so that it can be stopped.
  # shellcheck disable=SC2046,SC2086
  (cd "$1" && exec $(cat "$2") $options) >"$scratch/listening" 2>"$scratch/log" &
  server=$!
  for _ in $(seq 200); do
    if grep -q '^listening ' "$scratch/listening"; then return; fi
    sleep 0.05
  done
  echo "FAILED: the server did not start" >&2
  cat "$2" "$scratch/log" >&2
  exit 1
}

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

check_policy() {  # PAGE FILE TYPE, or no TYPE: then of any
  vidimus policy check "$2" --type "${3:-SgxEnclave}" >"$scratch/out" || fail "$1: not a policy: $(cat "$2" "$scratch/out")"
  if [ -z "${3:-}" ] || grep -q "vidimus policy lint $(basename "$2") " "$1"; then return; fi
  vidimus policy lint "$2" --type "$3" >"$scratch/out" || fail "$1: the linter finds, in $(basename "$2"): $(cat "$scratch/out")"
}

check_policies() {  # PAGE FOLDER
  for file in "$2"/*.policy; do
    if [ ! -f "$file" ]; then continue; fi
    case "$(basename "$file" .policy)-" in
      sgx-*) type=SgxEnclave ;;
      snp-*) type=SevSnpVm ;;
      tdx-*) type=TdxVm ;;
      guest-*) type=AzureGuest ;;
      tpm-*) type=Tpm ;;
      *) type="" ;;
    esac
    check_policy "$1" "$file" "$type"
    policies=$((policies + 1))
  done
}

commands=0
policies=0
for page in "$@"; do
  rm -f "$scratch"/blocks/*
  dev_port=$(free_port)
  port=$(free_port)
  sed "s/\\(localhost\\|127\\.0\\.0\\.1\\):8443/\\1:$dev_port/g; s/\\(localhost\\|127\\.0\\.0\\.1\\):9443/\\1:$port/g" "$page" | awk -v folder="$scratch/blocks" '
    /^```/ && kind != "" { close(file); kind = ""; next }
    /^```sh$/ { n++; kind = "sh" }
    /^```text$/ { kind = "text" }
    /^```policy/ { n++; kind = $2 ".policy" }
    /^```/ { if (kind == "") { n++; kind = "other" } file = sprintf("%s/%02d.%s", folder, n, kind); printf "" >file; next }
    kind != "" { print >file }'
  work=$scratch/$(basename "$(dirname "$page")")-$(basename "$page" .md)
  prepare "$work"
  XDG_CONFIG_HOME=$work/config
  find "$scratch/blocks" -name '*.policy' | sort >"$scratch/shown"
  while read -r block; do
    type=$(basename "$block" .policy)
    check_policy "$page" "$block" "${type#*.}"
    policies=$((policies + 1))
  done <"$scratch/shown"
  find "$scratch/blocks" -name '*.sh' -o -name '*.other' | sort >"$scratch/order"
  while read -r block; do
    case "$block" in
      *.other)
        if grep -q '^vidimus serve' "$block" 2>/dev/null; then serve "$work" "$block"; fi
        continue
        ;;
    esac
    commands=$((commands + 1))
    (cd "$work" && sh "$block") >"$scratch/out" 2>&1 || true
    wanted=${block%.sh}.text
    if [ ! -f "$wanted" ]; then
      if [ -s "$scratch/out" ]; then
        echo "FAILED: $page shows no output for this, which prints:" >&2
        cat "$block" "$scratch/out" >&2
        exit 1
      fi
      continue
    fi
    awk '
      NR == FNR { if ($0 != "...") wanted[++count] = $0; next }
      at < count && $0 == wanted[at + 1] { at++ }
      END { if (at < count) { print "not in the output: " wanted[at + 1]; exit 1 } }' "$wanted" "$scratch/out" >"$scratch/missing" || {
      echo "FAILED: $page" >&2
      cat "$block" "$scratch/missing" "$scratch/out" >&2
      exit 1
    }
  done <"$scratch/order"
  stop_server
  check_policies "$page" "$work"
done
if [ "$commands" -lt 5 ]; then
  echo "FAILED: only $commands commands found" >&2
  exit 1
fi
echo "1 passed, 0 failed"
