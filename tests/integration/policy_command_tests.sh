# Sourced by policy_command.sh: `vidimus policy test`.

tests=$scratch/tests
mkdir "$tests" "$tests/deeper" "$tests/none"
cp "$scratch/sgx.policy" "$scratch/broken.policy" "$tests"

cat >"$tests/sgx.test.json" <<TESTS
{"policy": "sgx.policy", "type": "SgxEnclave", "tests": [
  {"name": "the production signer may start", "claims": {"x-ms-sgx-mrsigner": "$signer", "x-ms-sgx-svn": [4, 3], "x-ms-sgx-is-debuggable": false},
   "expect": {"outcome": "permit", "claims": {"svn": [3, 4]}, "properties": {"x-ms-sgx-tcbidentifier": "azuredefault"}, "rule_line": 7}},
  {"name": "an old version may not", "claims": [{"type": "x-ms-sgx-mrsigner", "value": "$signer"}, {"type": "x-ms-sgx-svn", "value": 2}],
   "expect": {"outcome": "deny", "reason": "no_permit", "claims": {}}}]}
TESTS
expect 0 '^  ok      the production signer may start$' policy test "$tests/sgx.test.json"
expect 0 '^2 tests: 2 passed, 0 failed$' policy test "$tests/sgx.test.json"
expect 0 'sgx.policy: 2 of 3 rules fired (66 %)' policy test "$tests/sgx.test.json"
expect 0 '^  line 6 never fired: .* => deny()$' policy test "$tests/sgx.test.json"
expect 0 '^  line 11 never failed: c:.*)$' policy test "$tests/sgx.test.json"
expect 0 '' policy test "$tests/sgx.test.json" --format json
json "d['passed'] == 2 and d['failed'] == 0 and d['files'][0]['tests'][0]['passed']"
json "d['coverage'][0]['percent_fired'] == 66 and [r['line'] for r in d['coverage'][0]['never_fired']] == [6]"
json "[r['line'] for r in d['coverage'][0]['never_failed']] == [11]"

# Folders are searched; two files may share a policy, whose coverage is one.
echo '{"policy": "../sgx.policy", "type": "SgxEnclave", "tests": [
  {"name": "no debug", "claims": {"x-ms-sgx-is-debuggable": true}, "expect": {"outcome": "deny", "reason": "deny_action", "rule_line": 6}}]}' \
  >"$tests/deeper/debug.test.json"
echo 'not a test' >"$tests/deeper/other.json"
expect 0 '^3 tests: 3 passed, 0 failed$' policy test "$tests" "$tests/sgx.test.json"
expect 0 'sgx.policy: 3 of 3 rules fired (100 %)' policy test "$tests"
(cd "$tests" && expect 0 '^sgx.policy: 3 of 3 rules fired' policy test .)

expect 0 '^  line 7 never fired: [^?]* \.\.\.$' policy test "$tests/deeper"

# A name that is no UTF-8 leaves JSON what it is.
mkdir "$tests/names"
cp "$tests/sgx.policy" "$tests/names"
cp "$tests/sgx.test.json" "$tests/names/$(printf 'a\377').test.json"
expect 0 '' policy test "$tests/names" --format json
json "d['files'][0]['file'].endswith('a?.test.json')"
rm -r "$tests/names"

# A test that fails says what was expected, what was found, and why.
cat >"$tests/deeper/wrong.json" <<TESTS
{"policy": "../sgx.policy", "type": "SgxEnclave", "tests": [
  {"name": "wrong", "claims": {"x-ms-sgx-mrsigner": "$signer", "x-ms-sgx-svn": 2},
   "expect": {"outcome": "permit", "claims": {"svn": 2}}},
  {"name": "too many claims", "claims": {"x-ms-sgx-mrsigner": "$signer", "x-ms-sgx-svn": 3}, "expect": {"outcome": "permit", "claims": {}, "rule_line": 1}},
  {"name": "right", "claims": {}, "expect": {"outcome": "deny"}}]}
TESTS
wrong() { policy test "$tests/deeper/wrong.json" "$@"; }
expect 1 '^  FAILED  wrong$' wrong
expect 1 'outcome: expected "permit", found "deny"' wrong
expect 1 'claim svn: expected 2, found none' wrong
expect 1 'closest is line 7, which needs x-ms-sgx-svn with value >= 3' wrong
expect 1 'claim svn: expected none, found 3' wrong
expect 1 'rule_line: expected 1, found 7' wrong
expect 1 '^3 tests: 1 passed, 2 failed$' wrong
expect 1 '' wrong --format json
json "d['failed'] == 2 and d['files'][0]['tests'][0]['differences'][0] == {'what': 'outcome', 'expected': '\"permit\"', 'found': '\"deny\"'}"

# That a policy is refused may be what a test wants.
echo '{"policy": "broken.policy", "type": "Tpm", "tests": [
  {"name": "refused", "claims": {}, "expect": {"outcome": "upload_error", "reason": "policy.equals"}}]}' >"$tests/broken.json"
expect 0 'broken.policy does not compile' policy test "$tests/broken.json"

# Simulated evidence is judged first.
printf 'held' >"$tests/held"
expect 0 'quote.bin' "$vidimus" sim sgx --out "$tests/sim" --svn 3 --runtime-data "$tests/held"
cat >"$tests/evidence.json" <<TESTS
{"policy": "../anyone.policy", "type": "SgxEnclave", "tests": [
  {"name": "a simulated enclave", "expect": {"outcome": "permit"},
   "evidence": {"file": "sim/quote.bin", "endorsements": ["sim/endorsements"], "sim_roots": ["sim/root.pem"], "runtime_data": "held"}}]}
TESTS
expect 0 '^  ok      a simulated enclave$' policy test "$tests/evidence.json"
sed 's/, "sim_roots": \["sim\/root.pem"\]//' "$tests/evidence.json" >"$tests/untrusted.json"
expect 1 'evidence: expected evidence that verifies, found intel.tcb_signer.signature' policy test "$tests/untrusted.json"
sed 's/"held"/"sgx.policy"/' "$tests/evidence.json" >"$tests/unbound.json"
expect 1 'found sgx.binding.runtime_data' policy test "$tests/unbound.json"
sed 's/, "runtime_data"/, "at": "2001-01-01T00:00:00Z", "runtime_data"/' "$tests/evidence.json" >"$tests/early.json"
expect 1 'evidence: expected evidence that verifies' policy test "$tests/early.json"

# What is no test file is refused with its place.
refused_tests() {  # PATTERN, JSON
  printf '%s' "$2" >"$tests/bad.json"
  expect 2 "bad.json: .*$1" policy test "$tests/bad.json"
}
one() { printf '{"policy": "sgx.policy", "type": "SgxEnclave", "tests": [%s]}' "$1"; }
refused_tests '' ''
refused_tests 'expected an object' '[]'
refused_tests 'has no "policy"' '{}'
refused_tests 'the file: has a member "kind"' '{"policy": "sgx.policy", "type": "SgxEnclave", "tests": [], "kind": 1}'
refused_tests 'type: .*expected one of SgxEnclave' '{"policy": "sgx.policy", "type": "Sgx", "tests": [{}]}'
refused_tests 'cannot read .*none.policy' '{"policy": "none.policy", "type": "SgxEnclave", "tests": [{}]}'
refused_tests 'tests: found \[\], expected a list of at least one test' "$(one '')"
refused_tests 'tests\[0\]: has no "name"' "$(one '{"expect": {"outcome": "deny"}, "claims": {}}')"
refused_tests 'tests\[0\].name: found 3, expected a text' "$(one '{"name": 3, "expect": {"outcome": "deny"}, "claims": {}}')"
refused_tests 'tests\[0\]: expected either "claims" or "evidence"' "$(one '{"name": "a", "expect": {"outcome": "deny"}}')"
refused_tests 'tests\[0\].claims: ' "$(one '{"name": "a", "expect": {"outcome": "deny"}, "claims": {"a": null}}')"
refused_tests 'tests\[0\].expect.outcome: found "allow"' "$(one '{"name": "a", "expect": {"outcome": "allow"}, "claims": {}}')"
refused_tests 'tests\[0\].expect: has a member "issued"' "$(one '{"name": "a", "expect": {"outcome": "deny", "issued": {}}, "claims": {}}')"
refused_tests 'tests\[0\].expect.claims: ' "$(one '{"name": "a", "expect": {"outcome": "deny", "claims": []}, "claims": {}}')"
refused_tests 'tests\[0\].expect.rule_line: ' "$(one '{"name": "a", "expect": {"outcome": "deny", "rule_line": 0}, "claims": {}}')"
refused_tests 'tests\[0\].evidence: has no "file"' "$(one '{"name": "a", "expect": {"outcome": "deny"}, "evidence": {"endorsements": []}}')"
refused_tests 'tests\[0\].evidence: cannot read .*none.bin' "$(one '{"name": "a", "expect": {"outcome": "deny"}, "evidence": {"file": "none.bin", "endorsements": ["sim"]}}')"
refused_tests 'tests\[0\].evidence.endorsements\[0\]: found 1' "$(one '{"name": "a", "expect": {"outcome": "deny"}, "evidence": {"file": "held", "endorsements": [1]}}')"
refused_tests 'SgxEnclave, OpenEnclave and TdxVm only' '{"policy": "sgx.policy", "type": "Tpm", "tests": [{"name": "a", "expect": {"outcome": "deny"}, "evidence": {"file": "held", "endorsements": []}}]}'
expect 2 'found no \*.test.json' policy test "$tests/none"
expect 2 'cannot read' policy test "$tests/missing.json"
