#!/bin/sh
# The command `vidimus inspect` as a user runs it: what it recognises, offsets of fields that are known, and its exit status.
set -eu
vidimus=$1
vectors=${VIDIMUS_VECTORS:-../shared/vectors}
intel=$vectors/intel
if [ ! -f "$intel/index.json" ]; then
  echo "*** NO RECORDED EVIDENCE in $intel: set VIDIMUS_VECTORS ***" >&2
  if [ "${CI:-}" = true ]; then exit 1; fi
  exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

expect() {  # STATUS, PATTERN in the output, argument of inspect...
  status=$1
  pattern=$2
  shift 2
  actual=0
  "$vidimus" inspect "$@" >"$scratch/out" 2>&1 || actual=$?
  if [ "$actual" -ne "$status" ] || ! grep -qE -- "$pattern" "$scratch/out"; then
    echo "FAILED: inspect $*" >&2
    echo "expected status $status and \"$pattern\"; found status $actual and:" >&2
    head -n 60 "$scratch/out" >&2
    exit 1
  fi
}
field() {  # FILE, OFFSET, SIZE, NAME, start of the VALUE
  expect 0 "\\{\"offset\":$2,\"size\":$3,\"name\":\"$4\",\"value\":\"$5" "$1" --format json
}
refuse_in_output() {  # PATTERN that the last output must not have
  if grep -qE -- "$1" "$scratch/out"; then
    echo "FAILED: the output has \"$1\"" >&2
    exit 1
  fi
}

# Everything recorded is recognised, in both formats, and text is at most 120 characters wide.
for file in "$intel"/quotes/* "$intel"/collateral/*/* "$intel"/openenclave/*-debug.bin "$intel"/openenclave/*-prodid.bin \
    "$vectors"/policy/real-world/*.txt; do
  expect 0 'inspect verifies nothing' "$file" --format json
  refuse_in_output '^\{"kind":"JSON"'
  expect 0 'offset +size  name' "$file" --full
  if awk 'length($0) > 120 { exit 1 }' "$scratch/out"; then :; else
    echo "FAILED: a line of more than 120 characters for $file" >&2
    exit 1
  fi
done

# Quotes: intel-dcap sections 1.1 to 1.7. A field of the report body lies 48 bytes further in the quote.
quote=$intel/quotes/sgx-v3-00906ed50000-azure-intelsdk.bin
expect 0 '^SGX quote, version 3, 4600 bytes$' "$quote"
field "$quote" 0 2 header.version 3
field "$quote" 12 16 header.qe_vendor_id 939a7233f79c4ca9940a0db3957f0607
field "$quote" 96 8 report.attributes.flags 0500000000000000
field "$quote" 112 32 report.mr_enclave d37d983a85d63fb49649610e2eba0930ecdbff6d113aca3ff3fc7261696c0134
field "$quote" 306 2 report.isv_svn 8888
field "$quote" 368 64 report.report_data 7192385c3c0605de55bb9476ce1d9074
expect 0 '^ +368 +64  report.report_data .* 7192385c3c0605de55bb9476ce1d907481  64 bytes' "$quote"
field "$quote" 432 4 auth.length 4164
field "$quote" 1046 2 certification.type 5
expect 0 'sgx.fmspc","value":"00906ed50000"' "$quote" --format json
expect 0 'ATTRIBUTES.FLAGS: INIT, DEBUG' "$intel/quotes/sgx-v3-00906ed50000-azure-intelsdk-debug.bin"
expect 0 'TDX quote, version 4' "$intel/quotes/tdx-v4-00806f050000-azure.bin"
field "$intel/quotes/tdx-v4-00806f050000-azure.bin" 48 16 report.tee_tcb_svn 02010600000000000000000000000000
field "$intel/quotes/tdx-v5-90c06f000000-gce.bin" 638 16 report.tee_tcb_svn_2 0d0104
field "$intel/quotes/tdx-v5-90c06f000000-gce.bin" 48 2 body.type 3
expect 0 '^\{"kind":"SGX quote, version 3","size":4600,"fields":\[\{"offset":0,"size":2,"name":"header.version","value":"3","meaning":' "$quote" --format json

# The versions 4 and 5 of SGX quotes exist only among the synthetic vectors.
for file in "$intel"/synthetic/blobs/*; do
  expect 0 'inspect verifies nothing' "$file" --format json
  case $(head -c 48 "$file" | od -An -tx1 -v | tr -d ' \n') in
    0400020000000000*) field "$file" 112 32 report.mr_enclave '' ;;
    0500020000000000*) field "$file" 118 32 report.mr_enclave '' ;;
  esac
done

# Open Enclave: section 1.9. The quote lies 16 bytes in, or 32 in evidence.
report=$intel/openenclave/oe-report-v1-prodid.bin
expect 0 '^Open Enclave report \(legacy\) with SGX quote, version 3' "$report"
field "$report" 128 32 report.mr_enclave ''
head -c 1000 "$report" >"$scratch/cut"
expect 0 "lengths disagree: the header says that 4584 bytes follow it, found 984" "$scratch/cut" --format json
tail -c +17 "$report" >"$scratch/bare"
size=$(($(wc -c <"$scratch/bare") + 0))
{
  printf '\003\000\000\000\243\242\036\207\033\115\100\024\267\012\241\045\322\373\315\214\000\000\000\000'
  printf "\\$(printf %03o $((size % 256)))\\$(printf %03o $((size / 256)))\\000\\000\\000\\000\\000\\000"
  cat "$scratch/bare"
} >"$scratch/evidence"
expect 0 '^Open Enclave evidence with SGX quote' "$scratch/evidence"
field "$scratch/evidence" 4 16 oe.format_id a3a21e87
field "$scratch/evidence" 24 8 oe.data_size "$size"
field "$scratch/evidence" 144 32 report.mr_enclave ''
tail -c +49 "$quote" | head -c 384 >"$scratch/body"
expect 0 '^SGX report body, 384 bytes' "$scratch/body"
field "$scratch/body" 64 32 mr_enclave d37d983a

# A truncated quote shows what is there and where it ends.
for size in 8 9 27 40 48 60 112 130 431 432 434 436 500 563 564 900 948 1012 1014 1046 1048 1052 1053 1070 1100 2000 3000 4000 4599; do
  head -c "$size" "$quote" >"$scratch/cut"
  expect 0 "truncated: ends at offset $size;|truncated: pem.*ends at offset $size" "$scratch/cut" --format json
done
head -c 130 "$quote" >"$scratch/cut"
expect 0 'ends at offset 130; expected report.mr_enclave, 32 bytes at offset 112' "$scratch/cut" --format json
field "$scratch/cut" 112 18 report.mr_enclave d37d983a85d63fb49649610e2eba0930ecdb
for size in 0 1 7; do
  head -c "$size" "$quote" >"$scratch/cut"
  expect 1 'is not recognised. Recognised are SGX' "$scratch/cut"
done

# DER, PEM and hexadecimal text; truncated DER.
crl=$intel/collateral/crl/pck_platform_20250604T091931Z.der
field "$crl" 137 15 this_update 2025-06-04T09:19:31Z
field "$crl" 167 2360 revoked '44 entries'
root=$intel/collateral/chains/intel_sgx_root_ca.der
expect 0 '^X.509 certificate, ' "$root"
expect 0 '"name":"serial","value":"22650cd65a9d3489f383b49552bf501b392706ac"' "$root" --format json
expect 0 'critical; what the key may do' "$root" --format json
od -An -tx1 -v "$crl" | tr -d ' \n' >"$scratch/hex"
expect 0 '^certificate revocation list in hexadecimal text' "$scratch/hex"
field "$scratch/hex" 137 15 this_update 2025-06-04T09:19:31Z
base64 <"$quote" >"$scratch/base64"
expect 0 '^SGX quote, version 3 in base64, ' "$scratch/base64"
base64 -w0 <"$quote" | tr '+/' '-_' | tr -d '=' >"$scratch/base64url"
field "$scratch/base64url" 112 32 report.mr_enclave d37d983a
base64 -w0 <"$scratch/base64url" | base64 -w0 | base64 -w0 >"$scratch/wrapped"  # four layers, the most there may be
expect 0 'SGX quote' "$scratch/wrapped"
base64 -w0 <"$scratch/wrapped" >"$scratch/wrapped-once-more"
expect 1 'is not recognised' "$scratch/wrapped-once-more"
for size in 20 100 400; do
  head -c "$size" "$root" >"$scratch/cut"
  actual=0
  "$vidimus" inspect "$scratch/cut" >"$scratch/out" 2>&1 || actual=$?
  if [ "$actual" -gt 1 ]; then echo "FAILED: a certificate of $size bytes, status $actual" >&2; exit 1; fi
done
expect 0 'truncated: DER ends at offset 400; expected 659 bytes' "$scratch/cut" --format json
head -c 700 "$intel/collateral/chains/intel_sgx_root_ca.pem" >"$scratch/cut"
expect 0 'pem\[0\] has no END line' "$scratch/cut" --format json

# Intel's JSON.
tcb=$intel/collateral/tcbinfo/sgx_v3_00906ed50000_e19_20250604T001612Z.json
expect 0 '^Intel SGX TCB info, version 3' "$tcb"
field "$tcb" 114 14 tcbInfo.fmspc 00906ED50000
field "$tcb" 182 2 tcbInfo.tcbEvaluationDataNumber 19
field "$tcb" 225 166 'tcbInfo.tcbLevels\[0\].tcb.sgxtcbcomponents' '22 22 2 4 1 128 14 0'
expect 0 'Intel SGX TCB info, version 2' "$intel/collateral/tcbinfo/sgx_v2_00606a000000_e16_20240613T102920Z.json"
expect 0 'Intel TDX TCB info, version 3' "$intel/collateral/tcbinfo/tdx_v3_00806f050000_e14_20230217T102444Z.json"
expect 0 'Intel enclave identity QE, version 2' "$intel/collateral/qeidentity/qe_v2_e16_20231121T003926Z.json"
head -c 500 "$tcb" >"$scratch/cut"
expect 0 'Intel TCB info, broken' "$scratch/cut"
field "$scratch/cut" 114 14 tcbInfo.fmspc 00906ED50000

# Tokens and policies.
b64u() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
policy='version=1.0; authorizationrules { => permit(); };'
header=$(printf '{"alg":"none"}' | b64u)
payload=$(printf '{"AttestationPolicy":"%s"}' "$(printf '%s' "$policy" | b64u)" | b64u)
printf '%s.%s.' "$header" "$payload" >"$scratch/policy.jws"
expect 0 '^policy JWS, alg none' "$scratch/policy.jws"
expect 0 'not signed: anyone can have written it' "$scratch/policy.jws" --format json
expect 0 '"name":"policy.authorizationrules\[0\]","value":"=> permit\(\)"' "$scratch/policy.jws" --format json
expect 0 '"name":"policy.hash","value":"[A-Za-z0-9_-]{43}"' "$scratch/policy.jws" --format json
payload=$(printf '{"x-ms-ver":"1.0","exp":1750958385}' | b64u)
printf '{"token":"%s.%s.AQID"}' "$header" "$payload" >"$scratch/token.json"
expect 0 '^attestation token \(JWS\), alg none in a response body' "$scratch/token.json"
expect 0 'valid until 2025-06-26T17:19:45Z' "$scratch/token.json" --format json
field "$scratch/token.json" 30 47 payload '35 bytes'
expect 0 '3 bytes, over the text before the last dot' "$scratch/token.json" --format json
printf '%s' "$policy" >"$scratch/policy"
expect 0 '^attestation policy, 49 bytes' "$scratch/policy"

# A private key is named and never shown.
if command -v openssl >/dev/null; then
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$scratch/key.pem" 2>/dev/null
  openssl pkey -in "$scratch/key.pem" -outform DER -out "$scratch/key.der"
  for file in "$scratch/key.pem" "$scratch/key.der"; do
    expect 0 'private key: keep it secret' "$file" --full
    refuse_in_output "$(sed -n 2p "$scratch/key.pem" | cut -c1-40)"
  done
fi
printf '{"kty":"oct","k":"c2VjcmV0LXNlY3JldA"}' >"$scratch/key.json"
expect 0 'keep it secret' "$scratch/key.json" --format json
refuse_in_output c2VjcmV0

printf '["-----BEGIN PRIVATE KEY-----c2VjcmV0"]' >"$scratch/key.json"
expect 0 'keep it secret' "$scratch/key.json" --format json
refuse_in_output c2VjcmV0
printf '{"key":"-----BEGIN PRIVATE KEY-----c2VjcmV0"}' >"$scratch/key.json"
expect 0 'keep it secret' "$scratch/key.json" --format json
refuse_in_output c2VjcmV0

# Limits: at the limit nothing is noted, one past it a note says so.
certificate=$(sed '/-----END/q' "$intel/collateral/chains/intel_sgx_root_ca.pem")
yes -- "$certificate" | awk '{ print } /-----END/ && ++n == 64 { exit }' >"$scratch/pem"  # limits::kInspectPemBlocks
expect 0 'pem\[63\].serial' "$scratch/pem" --format json
refuse_in_output 'only the first'
printf '%s\n' "$certificate" >>"$scratch/pem"
expect 0 'only the first 64 PEM blocks are listed' "$scratch/pem" --format json
members() { awk -v n="$1" 'BEGIN { printf "{\"0\":1"; for (i = 1; i < n; i++) printf ",\"%d\":1", i; print "}" }'; }
members 199999 >"$scratch/members"  # and one row for the object: limits::kInspectFields
expect 0 '"name":"199998"' "$scratch/members" --format json
refuse_in_output 'only the first'
members 200000 >"$scratch/members"
expect 0 'only the first 200000 fields are listed' "$scratch/members" --format json

# Control characters never reach a terminal.
printf '{"a":"\\u001b[31m","\303\251":1}' >"$scratch/escape"
expect 0 '\\x1b\[31m' "$scratch/escape"
expect 0 '\\xc3\\xa9' "$scratch/escape"

# Standard input, and what cannot be read.
if ! "$vidimus" inspect - <"$quote" | grep -q '^SGX quote'; then echo "FAILED: standard input" >&2; exit 1; fi
expect 2 'cannot read .*/none: No such file.*file.read' "$scratch/none"
expect 2 'it is a folder \(file.read\)' "$scratch"
expect 2 'xml not in' --format xml "$quote"
truncate -s 33554432 "$scratch/large"  # limits::kFileBytes
expect 1 'is not recognised' "$scratch/large"
truncate -s 33554433 "$scratch/large"
expect 2 'file.size' "$scratch/large"
expect 2 'file.size' /dev/zero

# Arbitrary bytes: an answer, never a crash.
seed=1
while [ "$seed" -le 40 ]; do
  { awk -v seed="$seed" 'BEGIN { srand(seed); for (i = 0; i < 600; i++) printf "%c", int(rand() * 256) }'; } >"$scratch/random"
  for offset in 0 48 436 1052; do
    { head -c "$offset" "$quote"; cat "$scratch/random"; } >"$scratch/input"
    actual=0
    "$vidimus" inspect "$scratch/input" --format json >"$scratch/out" 2>&1 || actual=$?
    if [ "$actual" -gt 1 ]; then echo "FAILED: seed $seed at $offset, status $actual" >&2; exit 1; fi
  done
  seed=$((seed + 1))
done
echo "1 passed, 0 failed"
