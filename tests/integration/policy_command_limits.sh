# Sourced by policy_command.sh: files that are too large, too many or too long. Each gets an answer, in time.

huge=$scratch/huge
mkdir "$huge"
python3 - "$huge" <<'MAKE'
import json
import pathlib
import sys

huge = pathlib.Path(sys.argv[1])
rules = "".join(f'  [type=="c{i}", value>={i}, issuer=="AttestationService"] => permit();\n' for i in range(2000))
(huge / "long.policy").write_text("version=1.0;\nauthorizationrules {\n" + rules + "};\n")
(huge / "errors.policy").write_text("version=1.0;\nauthorizationrules {\n" + rules.replace("==", "=") + "};\n")
(huge / "large.policy").write_text("version=1.0;\n" + "// comment\n" * 1_000_000 + "authorizationrules { => permit(); };\n")
(huge / "line.policy").write_text("version=1.0; authorizationrules { " + "[" * 900_000)
(huge / "claims.json").write_text(json.dumps({f"c{i}": i - 1 for i in range(2000)}))
(huge / "many.json").write_text(json.dumps({f"c{i}": i for i in range(20_000)}))
(huge / "large.json").write_text(json.dumps({f"c{i}": "x" * 1000 for i in range(11_000)}))
(huge / "deep.json").write_text("[" * 100_000)
MAKE
huge() { timeout 60 "$vidimus" policy "$@"; }

expect 0 'rules: 0 configuration, 2000 authorization, 0 issuance' huge check "$huge/long.policy" --type SgxEnclave
expect 1 'not a policy: 100 errors' huge check "$huge/errors.policy" --type SgxEnclave
expect 1 'policy.size' huge check "$huge/large.policy" --type SgxEnclave
expect 1 'error' huge check "$huge/line.policy" --type SgxEnclave
expect 1 'policy.size' huge fmt "$huge/large.policy"
expect 0 '' huge hash "$huge/large.policy"
expect 1 '' huge eval --type SgxEnclave --policy "$huge/long.policy" --claims "$huge/claims.json"
json "d['outcome'] == 'deny' and d['reason'] == 'no_permit'"
expect 1 '' huge eval --type SgxEnclave --policy "$huge/long.policy" --claims "$huge/claims.json" --trace
json "len(d['trace']['rules']) == 1000 and not d['trace']['complete']"
expect 1 'The trace ends here' huge explain --type SgxEnclave --policy "$huge/long.policy" --claims "$huge/claims.json"
expect 2 'many.json: more claims than the limit' huge eval --type SgxEnclave --policy "$huge/long.policy" --claims "$huge/many.json"
expect 2 'large.json: ' huge eval --type SgxEnclave --policy "$huge/long.policy" --claims "$huge/large.json"
expect 2 'deep.json: ' huge eval --type SgxEnclave --policy "$huge/long.policy" --claims "$huge/deep.json"
expect 2 'binary: ' huge eval --type SgxEnclave --policy "$huge/long.policy" --claims "$scratch/binary"
expect 2 'large.json: ' huge test "$huge/large.json"
expect 0 '' huge diff "$huge/long.policy" "$huge/long.policy"
head -c 200 /dev/zero | tr '\0' 'x' >"$scratch/noise"
expect 2 '' huge diff "$huge/long.policy" "$scratch/noise"
sed 's/value>=1999/value>=7/; s/c1000/other/' "$huge/long.policy" >"$huge/longer.policy"
expect 1 '^- 1003 ' huge diff "$huge/long.policy" "$huge/longer.policy"
