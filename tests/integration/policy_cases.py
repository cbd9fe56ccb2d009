#!/usr/bin/env python3
"""Every case of the policy language, the recorded ones and those of tests/policy, through `vidimus policy eval` as a user runs it.

usage: policy_cases.py VIDIMUS_PROGRAM

VIDIMUS_VECTORS names the folder of recorded vectors. Without policy/cases.json there it skips, except under CI.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

SKIPPED = 77


def as_sets(claims):
    """Claims by name; the order of several values of one claim is of no account."""
    out = {}
    for name, value in claims.items():
        values = value if isinstance(value, list) else [value]
        out[name] = sorted(json.dumps(one) for one in values)
    return out


def differences(case, report, status):
    expect = case["expect"]
    out = []

    def compare(what, expected, found):
        if expected != found:
            out.append(f"{what}: expected {expected}, found {found}")

    compare("outcome", expect["result"], report["outcome"])
    compare("status", 0 if expect["result"] == "permit" else 1, status)
    if "reason" in expect and expect["result"] == "deny":
        compare("reason", expect["reason"], report["reason"])
    if expect["result"] == "permit":
        compare("claims", as_sets(expect.get("issued", {})), as_sets(report["claims"]))
        if "properties" in expect:
            compare("properties", as_sets(expect["properties"]), as_sets(report["properties"]))
    return out


def run(program, folder, vectors, case):
    policy = folder / "case.policy"
    claims = folder / "case.claims.json"
    if "policy_file" in case:
        policy.write_bytes((vectors / "policy" / case["policy_file"]).read_bytes())
    else:
        policy.write_bytes(case["policy"].encode())
    claims.write_text(json.dumps(case["claims"]), encoding="utf-8")
    command = [program, "policy", "eval", "--policy", str(policy), "--claims", str(claims), "--type", case["type"]]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    if done.returncode not in (0, 1) or done.stderr:
        return [f"status {done.returncode}, {done.stderr.decode(errors='replace')}"]
    return differences(case, json.loads(done.stdout), done.returncode)


def main():
    vectors = pathlib.Path(os.environ.get("VIDIMUS_VECTORS", "../shared/vectors"))
    cases = vectors / "policy" / "cases.json"
    if not cases.is_file():
        print(f"*** NO RECORDED CASES in {cases}: set VIDIMUS_VECTORS ***", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else SKIPPED
    failed = 0
    recorded = json.loads(cases.read_text(encoding="utf-8"))["cases"]
    own = pathlib.Path(__file__).parent.parent / "policy" / "cases.json"
    all_cases = recorded + json.loads(own.read_text(encoding="utf-8"))["cases"]
    with tempfile.TemporaryDirectory() as folder:
        for case in all_cases:
            found = run(sys.argv[1], pathlib.Path(folder), vectors, case)
            failed += bool(found)
            for one in found:
                print(f"FAILED: {case['name']}: {one}", file=sys.stderr)
    print(f"{len(all_cases) - failed} passed, {failed} failed")
    return 1 if failed or len(recorded) < 124 else 0


if __name__ == "__main__":
    sys.exit(main())
