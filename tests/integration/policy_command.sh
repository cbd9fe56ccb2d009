#!/bin/sh
# The command `vidimus policy` as a user runs it: each verb, what it prints, and each exit status.
set -eu
vidimus=$(realpath "$1")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

. "$(dirname "$0")/../support/expect.sh"

policy() { "$vidimus" policy "$@"; }
from() {  # FILE for standard input, command...
  input=$1
  shift
  "$@" <"$input"
}
expect_silence() {  # command... that succeeds and says nothing
  if ! "$@" >"$scratch/out" 2>&1 || [ -s "$scratch/out" ]; then
    echo "FAILED: $*: expected status 0 and no output; found:" >&2
    cat "$scratch/out" >&2
    exit 1
  fi
}
json() {  # PYTHON EXPRESSION over the JSON document `d` in the last output
  python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); assert eval(sys.argv[2]), (sys.argv[2], d)' "$scratch/out" "$1"
}

signer=4aea5f9a0ed04b11f889aadfe6a1d376213a29a95a85ce7337ae6f7fece6610c
cat >"$scratch/sgx.policy" <<POLICY
version=1.1;
configurationrules {
  => issueproperty(type="x-ms-sgx-tcbidentifier", value="azuredefault");
};
authorizationrules {
  [type=="x-ms-sgx-is-debuggable", value==true, issuer=="AttestationService"] => deny();
  [type=="x-ms-sgx-mrsigner", value=="$signer", issuer=="AttestationService"] &&
    [type=="x-ms-sgx-svn", value>=3, issuer=="AttestationService"] => permit();
};
issuancerules {
  c:[type=="x-ms-sgx-svn", issuer=="AttestationService"] => issue(type="svn", value=c.value);
};
POLICY
cat >"$scratch/broken.policy" <<'POLICY'
version=1.0;
authorizationrules {
  [type="x-ms-sgx-svn"] => permit();
};
POLICY
sed 's/value>=3/value>=4/; s/type="svn"/type="version"/' "$scratch/sgx.policy" >"$scratch/newer.policy"
sed 's/^  / \t /' "$scratch/sgx.policy" >"$scratch/spaced.policy"
echo "{\"x-ms-sgx-mrsigner\": \"$signer\", \"x-ms-sgx-svn\": 3, \"x-ms-sgx-is-debuggable\": false}" >"$scratch/good.json"
echo "{\"x-ms-sgx-mrsigner\": \"$signer\", \"x-ms-sgx-svn\": 2, \"x-ms-sgx-is-debuggable\": false}" >"$scratch/old.json"
echo '{"x-ms-sgx-is-debuggable": true}' >"$scratch/debug.json"
: >"$scratch/empty"
head -c 4096 /dev/urandom >"$scratch/binary"
hash=$(policy hash "$scratch/sgx.policy")

# The group.
expect 0 'vidimus policy VERB --help' policy --help
for verb in check lint eval explain test fmt diff hash; do
  expect 0 'Exit status' policy "$verb" --help
  expect 2 'equired' policy "$verb"
done
expect 2 'subcommand' policy
expect 2 '' policy nothing

# check
expect 0 '^version 1.1; rules: 1 configuration, 2 authorization, 1 issuance; x-ms-policy-hash ' policy check "$scratch/sgx.policy" --type SgxEnclave
expect 0 "$hash" from "$scratch/sgx.policy" policy check - --type sgx-intelsdk
expect 1 'broken.policy:3:8: error: .*\[policy.equals\]' policy check "$scratch/broken.policy" --type SgxEnclave
expect 1 'not a policy: 1 error' policy check "$scratch/broken.policy" --type SgxEnclave
expect 1 '^<stdin>:3:8: error' from "$scratch/broken.policy" policy check - --type SgxEnclave
expect 0 '' policy check "$scratch/sgx.policy" --type SgxEnclave --format json
json "d['valid'] and d['version'] == '1.1' and d['hash'] == '$hash' and d['type'] == 'SgxEnclave' and d['diagnostics'] == []"
json "d['rules'] == {'configurationrules': 1, 'authorizationrules': 2, 'issuancerules': 1}"
expect 1 '' policy check "$scratch/broken.policy" --type SgxEnclave --format json
json "not d['valid'] and d['version'] is None and d['diagnostics'][0]['line'] == 3 and d['diagnostics'][0]['severity'] == 'error'"
expect 2 'expected one of SgxEnclave, OpenEnclave, SevSnpVm, TdxVm, AzureGuest, Tpm' policy check "$scratch/sgx.policy" --type Sgx
expect 2 'cannot read .*: No such file' policy check "$scratch/none" --type SgxEnclave
expect 2 'it is a folder' policy check "$scratch" --type SgxEnclave
expect 1 'error' policy check "$scratch/empty" --type SgxEnclave
expect 1 'policy.encoding' policy check "$scratch/binary" --type SgxEnclave
expect 2 '' policy check "$scratch/sgx.policy" --type SgxEnclave --format xml

# lint: what check only mentions is a finding here.
printf 'version=1.0;\nauthorizationrules {\n  [type=="x-ms-sgx-svn", value>=3] => permit();\n};\n' >"$scratch/anyone.policy"
expect 0 '^no findings$' policy lint "$scratch/sgx.policy" --type SgxEnclave
expect 1 'warning: .*\[lint\.' policy lint "$scratch/anyone.policy" --type SgxEnclave
expect 0 'warning: .*\[lint\.' policy check "$scratch/anyone.policy" --type SgxEnclave
expect 1 '^1 error$' policy lint "$scratch/broken.policy" --type SgxEnclave
expect 1 '' policy lint "$scratch/anyone.policy" --type SgxEnclave --format json
json "d['valid'] and d['diagnostics'] and all(one['severity'] == 'warning' for one in d['diagnostics'])"
expect 2 'cannot read' policy lint "$scratch/none" --type SgxEnclave

# eval
try() { policy "$1" --type SgxEnclave --policy "$scratch/sgx.policy" --claims "$scratch/$2" ${3+"$3"} ${4+"$4"}; }
expect 0 '' try eval good.json
json "d['outcome'] == 'permit' and d['reason'] is None and d['claims'] == {'svn': 3}"
json "d['properties'] == {'x-ms-sgx-tcbidentifier': 'azuredefault'} and d['rule']['line'] == 7 and 'trace' not in d"
expect 1 '' try eval old.json --trace
json "d['outcome'] == 'deny' and d['reason'] == 'no_permit' and d['claims'] == {} and len(d['trace']['rules']) == 2"
expect 1 '' try eval debug.json
json "d['outcome'] == 'deny' and d['reason'] == 'deny_action' and d['rule']['line'] == 6"
expect 0 '^  claim     svn = 3$' try eval good.json --format=text
expect 1 'x-ms-sgx-svn with value >= 3.*(found 2)' try eval old.json --format=text
expect 1 'did not fire' try eval old.json --format=text --trace
expect 1 '' policy eval --type SgxEnclave --policy "$scratch/broken.policy" --claims "$scratch/good.json"
json "d['outcome'] == 'upload_error' and d['reason'] == 'policy.equals' and d['diagnostics'][0]['line'] == 3"
expect 1 'policy:3:8: error' policy eval --type SgxEnclave --policy "$scratch/broken.policy" --claims "$scratch/good.json" --format text
printf 'version=1.2;\nauthorizationrules {\n  c:[type=="a"] => add(type="b", value=NegateBool(c.value));\n  => permit();\n};\n' >"$scratch/fails.policy"
echo '{"a": "text"}' >"$scratch/text.json"
expect 1 '' policy eval --type Tpm --policy "$scratch/fails.policy" --claims "$scratch/text.json"
json "d['outcome'] == 'evaluation_error' and d['reason'] == 'policy.value'"
expect 0 '' from "$scratch/good.json" policy eval --type SgxEnclave --policy "$scratch/sgx.policy" --claims -
expect 0 '' from "$scratch/sgx.policy" policy eval --type SgxEnclave --policy - --claims "$scratch/good.json"
expect 2 'read already' from "$scratch/sgx.policy" policy eval --type SgxEnclave --policy - --claims -

# Claims files that are none: the message names the file and the place, and nothing is evaluated.
refused_claims() {  # PATTERN, JSON
  printf '%s' "$2" >"$scratch/bad.json"
  expect 2 "bad.json: .*$1" try eval bad.json
  expect 2 "bad.json: .*$1" try explain bad.json
}
refused_claims 'list of claims' '3'
refused_claims '' ''
refused_claims '' '{"a": 1'
refused_claims 'a' '{"a": 1.5}'
refused_claims 'a' '{"a": null}'
refused_claims 'a' '{"a": 1, "a": 2}'
refused_claims 'kind' '[{"type": "a", "value": 1, "kind": 2}]'
refused_claims 'Nobody' '[{"type": "a", "value": 1, "issuer": "Nobody"}]'
refused_claims 'Integer' '[{"type": "a", "value": "1", "valueType": "Number"}]'
expect 2 'it is a folder' try eval ''
expect 2 'cannot read' try eval none.json

# explain
expect 0 '^Permitted by line 7: ' try explain good.json
expect 1 '^Denied: a deny rule fired, line 6' try explain debug.json
expect 1 'x-ms-sgx-svn with value >= 3.*(found 2)' try explain old.json
expect 1 '' try explain old.json --format=json
json "d['outcome'] == 'deny' and len(d['trace']['rules']) == 2"
expect 1 'broken.policy:3:8: error' policy explain --type SgxEnclave --policy "$scratch/broken.policy" --claims "$scratch/good.json"
expect 1 '^Evaluation failed: line 3' policy explain --type Tpm --policy "$scratch/fails.policy" --claims "$scratch/text.json"

# What others wrote moves no terminal: ESC, and CSI as one character.
escapes=$(printf '\033[31m\302\233[31m')
printf 'version=1.0;authorizationrules{=>permit();};issuancerules{c:[type=="n"]=>issue(claim=c);};' >"$scratch/n.policy"
printf '{"n": "%s"}' "$(printf '\302\23331m')" >"$scratch/escapes.json"
printf '[{"type": "n", "value": 1, "%s": 1}]' "$(printf '\302\23331m')" >"$scratch/member.json"
for verb in "eval --format text --trace" explain; do
  # shellcheck disable=SC2086
  expect 0 'n = "?31m"' policy $verb --type Tpm --policy "$scratch/n.policy" --claims "$scratch/escapes.json"
done
expect 2 "member '?31m'" policy eval --type Tpm --policy "$scratch/n.policy" --claims "$scratch/member.json"
expect 2 'cannot read ?\[31m?\[31m:' policy check --type Tpm "$escapes"

# fmt
policy fmt "$scratch/spaced.policy" >"$scratch/formatted.policy" 2>"$scratch/note"
if ! grep -q "x-ms-policy-hash .* from $(policy hash "$scratch/spaced.policy") to $(policy hash "$scratch/formatted.policy")" "$scratch/note"; then
  echo "FAILED: fmt does not say that the hash changes" >&2
  exit 1
fi
expect_silence policy fmt "$scratch/formatted.policy" --check
expect 1 'spaced.policy is not formatted' policy fmt "$scratch/spaced.policy" --check
expect 1 '' policy fmt "$scratch/spaced.policy" --check --format json
sed -i '/^note: /d' "$scratch/out"
json "d['changed'] and d['formatted_hash'] == '$(policy hash "$scratch/formatted.policy")' and 'formatted' not in d"
cp "$scratch/spaced.policy" "$scratch/written.policy"
chmod 640 "$scratch/written.policy"
ln -s written.policy "$scratch/link.policy"
expect 0 'x-ms-policy-hash .* changed' policy fmt "$scratch/link.policy" --write
cmp "$scratch/written.policy" "$scratch/formatted.policy"
if [ ! -L "$scratch/link.policy" ] || [ "$(stat -c %a "$scratch/written.policy")" != 640 ]; then
  echo "FAILED: fmt --write lost the link or the mode" >&2
  exit 1
fi
expect_silence policy fmt "$scratch/link.policy" --write
expect 1 'broken.policy:3:8: error' policy fmt "$scratch/broken.policy" --write
expect 2 'standard input' from "$scratch/sgx.policy" policy fmt - --write
expect 2 'excludes' policy fmt "$scratch/spaced.policy" --write --check
expect 2 'cannot read' policy fmt "$scratch/none"
if [ "$(id -u)" -ne 0 ]; then
  mkdir "$scratch/closed"
  cp "$scratch/spaced.policy" "$scratch/closed/a.policy"
  chmod 500 "$scratch/closed"
  expect 2 'cannot write' policy fmt "$scratch/closed/a.policy" --write
  chmod 700 "$scratch/closed"
  chmod 400 "$scratch/closed/a.policy"
  expect 2 'cannot write' policy fmt "$scratch/closed/a.policy" --write
  cmp "$scratch/closed/a.policy" "$scratch/spaced.policy"
  if [ "$(ls "$scratch/closed")" != a.policy ]; then echo "FAILED: fmt --write left something behind" >&2; exit 1; fi
fi
expect 2 'could not be written' sh -c "'$vidimus' policy fmt '$scratch/sgx.policy' >/dev/full"

# hash: of the exact octets; the published defaults have their published hashes.
expect 0 '^ViVGS4BYl70X8eUrgryHg0TtbEk9WtIc6DtTBEFxaWc$' policy hash --type SgxEnclave
expect 0 '^wm9mHlvTU82e8UqoOy1Yj1FBRSNkfe99-69IYDq9eWs$' policy hash --type AzureGuest
expect 0 "^$hash\$" from "$scratch/sgx.policy" policy hash -
expect 0 '"hash":"' policy hash "$scratch/binary" --format json
json "d['octets'] == 4096"
expect 2 '' policy hash "$scratch/sgx.policy" --type SgxEnclave
expect 2 'expected one of' policy hash --type Sgx
expect 2 'cannot read' policy hash "$scratch/none"

# diff
expect 0 '^the same text$' policy diff "$scratch/sgx.policy" "$scratch/sgx.policy"
expect 0 '^the same rules; layout' policy diff "$scratch/sgx.policy" "$scratch/spaced.policy"
expect 1 '^authorizationrules: rule changed$' policy diff "$scratch/sgx.policy" "$scratch/newer.policy"
expect 1 '^-    8  .*value>=3' policy diff "$scratch/sgx.policy" "$scratch/newer.policy"
expect 1 '^+   11  .*type="version"' policy diff "$scratch/sgx.policy" "$scratch/newer.policy"
both() { policy diff "$scratch/sgx.policy" "$scratch/newer.policy" --type SgxEnclave --claims "$@"; }
expect 1 'good.json: permit becomes deny' both "$scratch/good.json" "$scratch/debug.json"
expect 1 '^  - claim svn = 3$' both "$scratch/good.json"
expect 1 'debug.json: deny, the same' both "$scratch/good.json" "$scratch/debug.json"
expect 1 '' both "$scratch/good.json" --format json
json "not d['same'] and [one['change'] for one in d['rules']] == ['changed', 'changed'] and d['rules'][0]['before']['line'] == 7"
json "d['effects'][0]['before']['outcome'] == 'permit' and d['effects'][0]['after']['outcome'] == 'deny' and d['before']['hash'] == '$hash'"
mkdir "$scratch/corpus"
cp "$scratch/good.json" "$scratch/old.json" "$scratch/corpus"
expect 1 'old.json: deny, the same' both "$scratch/corpus"
sed 's/version=1.1/version=1.2/' "$scratch/sgx.policy" >"$scratch/later.policy"
expect 1 '^+ version=1.2;$' policy diff "$scratch/sgx.policy" "$scratch/later.policy"
expect 2 'requires' policy diff "$scratch/sgx.policy" "$scratch/newer.policy" --claims "$scratch/good.json"
expect 2 'broken.policy is not a policy' policy diff "$scratch/sgx.policy" "$scratch/broken.policy"
expect 2 'text.json' both "$scratch/none/text.json"
expect 2 'bad.json: ' both "$scratch/bad.json"

. "$(dirname "$0")/policy_command_tests.sh"
. "$(dirname "$0")/policy_command_limits.sh"
echo "1 passed, 0 failed"
