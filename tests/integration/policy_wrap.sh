#!/bin/sh
# The commands `vidimus policy wrap` and `vidimus policy unwrap` with keys that openssl makes; openssl checks the signatures.
set -eu
vidimus=$1
here=$(cd "$(dirname "$0")" && pwd)
vectors=${VIDIMUS_VECTORS:-../shared/vectors}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
. "$here/../support/expect.sh"

fail() {
  echo "FAILED: $*" >&2
  exit 1
}
decode() {  # base64url on standard input
  python3 -c 'import base64, sys; t = sys.stdin.read().strip(); sys.stdout.buffer.write(base64.urlsafe_b64decode(t + "=" * (-len(t) % 4)))'
}
signer() {  # NAME, KEY ALGORITHM...
  name=$1
  shift
  openssl req -x509 -newkey "$@" -noenc -keyout "$scratch/$name.key" -out "$scratch/$name.pem" -days 30 \
    -subj "/O=Owner/CN=Policy signer $name" 2>/dev/null || fail "openssl made no key"
}
unwrap_is() {  # FILE with the text expected, JWS
  "$vidimus" policy unwrap "$2" >"$scratch/text" 2>"$scratch/who" || fail "unwrap $2: $(cat "$scratch/who")"
  cmp "$1" "$scratch/text" || fail "the text is not what was wrapped"
}
signer rsa rsa:2048
signer other rsa:3072
signer p256 ec -pkeyopt ec_paramgen_curve:prime256v1

# Exactly, whatever the text ends with. The form is the recorded one: no spaces, members sorted.
printf 'version=1.0; authorizationrules{=> permit();}; issuancerules{};' >"$scratch/bare"
printf 'version=1.0;\r\nauthorizationrules{=> permit();};\n// \303\244\n\n' >"$scratch/lines"
: >"$scratch/empty"
for text in bare lines empty; do
  "$vidimus" policy wrap "$scratch/$text" >"$scratch/$text.jws"
  unwrap_is "$scratch/$text" "$scratch/$text.jws"
  grep -q 'unsigned (alg none)' "$scratch/who" || fail "an unsigned policy is not called that"
  "$vidimus" policy wrap - <"$scratch/$text" | cmp - "$scratch/$text.jws"
  "$vidimus" policy unwrap - <"$scratch/$text.jws" 2>/dev/null | cmp - "$scratch/$text"
done
expect 0 '"token_hash":"c6sEJQItV50OeP9IrP_bzywAMOVvj5uDPbklA_bwdYQ","signer":null,"signature":"none"}$' \
  "$vidimus" policy unwrap "$scratch/bare.jws" --format json  # the hash that the original service answered

# Signed: openssl agrees with the signature, and the header carries the chain.
for key in rsa other; do
  cat "$scratch/$key.pem" "$scratch/p256.pem" >"$scratch/chain.pem"
  "$vidimus" policy wrap "$scratch/lines" --sign "$scratch/$key.key" --cert "$scratch/chain.pem" >"$scratch/signed.jws"
  unwrap_is "$scratch/lines" "$scratch/signed.jws"
  grep -q "signed by the certificate in its header, \"Policy signer $key\" (alg RS256" "$scratch/who" || fail "the signer is not shown"
  if grep -q 'NOT signed' "$scratch/who"; then fail "a good signature is refused"; fi
  cut -d. -f1,2 "$scratch/signed.jws" | tr -d '\n' >"$scratch/input"
  cut -d. -f3 "$scratch/signed.jws" | decode >"$scratch/signature"
  openssl x509 -in "$scratch/$key.pem" -pubkey -noout >"$scratch/public"
  openssl dgst -sha256 -verify "$scratch/public" -signature "$scratch/signature" "$scratch/input" >/dev/null || fail "openssl: no signature"
  cut -d. -f1 "$scratch/signed.jws" | decode >"$scratch/header"
  grep -q '^{"alg":"RS256","x5c":\["[A-Za-z0-9+/=]*","[A-Za-z0-9+/=]*"\]}$' "$scratch/header" || fail "the header is not alg and x5c"
done
fingerprint=$(openssl x509 -in "$scratch/other.pem" -outform DER | openssl dgst -sha256 -r | cut -d' ' -f1)
expect 0 "\"signer\":{\"subject\":\"Policy signer other\",\"certificate_sha256\":\"$fingerprint\"},\"signature\":\"valid\"}" \
  "$vidimus" policy unwrap "$scratch/signed.jws" --format json

# As a JSON string, and with a changed signature.
printf ' "%s"\n' "$(cat "$scratch/signed.jws")" >"$scratch/quoted.jws"
unwrap_is "$scratch/lines" "$scratch/quoted.jws"
python3 - "$scratch/signed.jws" >"$scratch/changed.jws" <<'END'
import sys
head, _, signature = open(sys.argv[1], encoding="ascii").read().strip().rpartition(".")
print(head + "." + ("B" if signature[0] == "A" else "A") + signature[1:])
END
expect 1 'NOT signed by the certificate in its header' "$vidimus" policy unwrap "$scratch/changed.jws"
expect 1 '"signature":"invalid"}' "$vidimus" policy unwrap "$scratch/changed.jws" --format json
printf 'ey.nonsense.' >"$scratch/nonsense"
expect 1 '(token.jws.header)' "$vidimus" policy unwrap "$scratch/nonsense"
expect 1 '(token.jws.format)' "$vidimus" policy unwrap "$scratch/bare"

# What cannot be wrapped or signed so.
expect 1 '(policy.signer.certificate)' "$vidimus" policy wrap "$scratch/bare" --sign "$scratch/rsa.key" --cert "$scratch/other.pem"
expect 1 '(policy.signer.certificate)' "$vidimus" policy wrap "$scratch/bare" --sign "$scratch/rsa.key" --cert "$scratch/rsa.key"
expect 1 '(policy.signer.key)' "$vidimus" policy wrap "$scratch/bare" --sign "$scratch/p256.key" --cert "$scratch/p256.pem"
expect 1 '(crypto.private_key.pem)' "$vidimus" policy wrap "$scratch/bare" --sign "$scratch/rsa.pem" --cert "$scratch/rsa.pem"
expect 1 '(policy.jws)' "$vidimus" policy wrap "$scratch/bare.jws"
printf '\377' >"$scratch/binary"
expect 1 '(policy.encoding)' "$vidimus" policy wrap "$scratch/binary"
head -c 1048576 /dev/zero | tr '\0' ' ' >"$scratch/most"
expect 0 '^ey' "$vidimus" policy wrap "$scratch/most"
printf ' ' >>"$scratch/most"
expect 1 '(policy.size)' "$vidimus" policy wrap "$scratch/most"

# Wrong usage.
expect 2 '(file.read)' "$vidimus" policy wrap "$scratch/absent"
expect 2 '(file.read)' "$vidimus" policy unwrap "$scratch/absent"
expect 2 '(file.read)' "$vidimus" policy wrap "$scratch/bare" --sign "$scratch/absent" --cert "$scratch/rsa.pem"
expect 2 'cert' "$vidimus" policy wrap "$scratch/bare" --sign "$scratch/rsa.key"
expect 2 'sign' "$vidimus" policy wrap "$scratch/bare" --cert "$scratch/rsa.pem"
expect 2 'file' "$vidimus" policy wrap
expect 2 'format' "$vidimus" policy unwrap "$scratch/bare.jws" --format yaml

# The documentation's examples, whose signed one misspells its algorithm.
if [ -f "$vectors/maa/policy-signers/policy-examples-1.jws" ]; then
  expect 0 'signed by the certificate in its header, "AttestationCertificate0" (alg RSA256' "$vidimus" policy unwrap \
    "$vectors/maa/policy-signers/policy-examples-1.jws"
  expect 0 '"alg":"none"' "$vidimus" policy unwrap "$vectors/maa/policy-signers/policy-examples-0.jws" --format json
fi
echo "1 passed, 0 failed"
