#!/usr/bin/env python3
"""Policies sent to a dev server by their authors: checked, tried on claims, and refused as drafts of attest requests.

usage: policy_api.py VIDIMUS_PROGRAM
"""

import hashlib
import json
import pathlib
import re
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
SGX = "/attest/SgxEnclave?api-version=2022-08-01"
CHECK = "/vidimus/v1/policies:check"
EVALUATE = "/vidimus/v1/policies:evaluate"
POLICY = """version=1.0;
authorizationrules {
  [type=="x-ms-sgx-svn", value>=3] => permit();
};
issuancerules { => issue(type="b", value=2); };"""
SECRET = "what no log may hold"


def jws(text):
    payload = json.dumps({"AttestationPolicy": tokens.encode(text.encode())}).encode()
    return ".".join([tokens.encode(b'{"alg":"none"}'), tokens.encode(payload), ""])


def documented(page, route):
    """The request and the answer that a page shows for a route."""
    text = page.read_text(encoding="utf-8").split(f"`POST {route}`\n", 1)[1]
    request, answer = re.findall(r"```json\n(.*?)```", text, re.DOTALL)[:2]
    return json.loads(request), json.loads(answer)


def alike(shown, found):
    """Whether an answer is as shown, where … stands for any text."""
    if isinstance(shown, dict):
        return isinstance(found, dict) and list(shown) == list(found) and all(alike(shown[name], found[name]) for name in shown)
    if isinstance(shown, list):
        return isinstance(found, list) and len(shown) == len(found) and all(map(alike, shown, found))
    if isinstance(shown, str) and shown.endswith("…"):
        return isinstance(found, str) and found.startswith(shown[:-1])
    return shown == found


def policy_hash(text):
    return tokens.encode(hashlib.sha256(tokens.encode(text.encode()).encode()).digest())


class PolicyApi(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(dev_server.Server(PROGRAM))

    @classmethod
    def tearDownClass(cls):
        if SECRET in cls.server.log():
            raise AssertionError("the log holds what a policy says")

    def ask(self, path, **body):
        answer = self.server.post(path, body)
        self.assertEqual(answer.status, 200, answer.body[:600])
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")
        self.assertRegex(answer.headers["x-ms-request-id"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
        return answer.json()

    def check(self, policy, kind="SgxEnclave"):
        return self.ask(CHECK, policy=policy, type=kind)

    def evaluate(self, policy, claims, **more):
        return self.ask(EVALUATE, policy=policy, type="SgxEnclave", claims=claims, **more)

    def refuse(self, path, body, where, code="InvalidParameter"):
        with self.subTest(path=path, body=str(body)[:200]):
            answer = self.server.post(path, body)
            self.assertEqual(answer.status, 400, answer.body[:600])
            error = answer.json()["error"]
            self.assertEqual((error["code"], error["vidimus"]["where"]), (code, where))
            self.assertEqual(error["innererror"], {"code": error["code"], "message": error["message"]})
            return error

    def test_check_says_version_and_hash_of_a_policy_in_either_form(self):
        for policy in (POLICY, jws(POLICY)):
            report = self.check(policy)
            self.assertEqual((report["valid"], report["version"], report["hash"]), (True, "1.0", policy_hash(POLICY)))
            self.assertEqual([one for one in report["diagnostics"] if one["severity"] == "error"], [])

    def test_check_warns_of_what_a_valid_policy_may_not_mean(self):
        report = self.check("version=1.0;\nauthorizationrules { => permit(); };")
        warnings = {one["code"]: one for one in report["diagnostics"]}
        self.assertTrue(report["valid"])
        self.assertIn("lint.no_measurement", warnings)
        self.assertEqual(warnings["lint.no_measurement"]["severity"], "warning")
        policy = 'version=1.0;\nauthorizationrules { [type=="secureBootEnabled", value==true] => permit(); };'
        tpm = {one["code"] for one in self.check(policy, "Tpm")["diagnostics"]}
        self.assertIn("lint.issuer", tpm)  # which depends on the type

    def test_check_finds_every_error_with_its_place(self):
        report = self.check(f"version=1.0;\nauthorizationrules {{\n  => permit()\n}};\n// {SECRET}")
        self.assertEqual((report["valid"], report["version"]), (False, None))
        (first, *_) = report["diagnostics"]
        self.assertEqual((first["severity"], first["code"], first["line"], first["column"]), ("error", "policy.syntax", 4, 1))

    def test_evaluate_gives_the_decision_the_rule_and_the_claims(self):
        permitted = self.evaluate(POLICY, {"x-ms-sgx-svn": 3})
        self.assertEqual((permitted["outcome"], permitted["reason"], permitted["claims"]), ("permit", None, {"b": 2}))
        self.assertNotIn("trace", permitted)
        denied = self.evaluate(POLICY, [{"type": "x-ms-sgx-svn", "value": 2}], trace=True)
        self.assertEqual((denied["outcome"], denied["reason"], denied["rule"]["line"]), ("deny", "no_permit", 3))
        self.assertIn("found 2", denied["message"])
        self.assertFalse(denied["trace"]["rules"][0]["fired"])
        self.assertEqual(self.evaluate("nonsense", {})["outcome"], "upload_error")

    def test_the_reference_shows_what_is_answered(self):
        page = pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference" / "api.md"
        for route in (CHECK, EVALUATE):
            request, shown = documented(page, route)
            found = self.ask(route, **request)
            self.assertTrue(alike(shown, found), f"{route}: shown {shown}, found {found}")

    def test_the_limits_are_those_of_drafts(self):
        rules = "version=1.0; authorizationrules {" + "=> permit();" * 257 + "};"
        for path, more in ((CHECK, {}), (EVALUATE, {"claims": {}})):
            for policy, where in ((POLICY + " " * 65536, "policy.size"), (rules, "policy.rules"), ("ey..", "token.jws.header")):
                self.refuse(path, {"policy": policy, "type": "SgxEnclave", **more}, where)
            self.refuse(path, {"policy": POLICY, "type": "Sgx", **more}, "request.attestation_type")
            self.refuse(path, {"policy": 1, "type": "SgxEnclave", **more}, "request.policy")
            self.refuse(path, {"policy": POLICY, "type": "SgxEnclave", "Trace": True, **more}, "request.member")
            self.refuse(path, b"[]", "request.body")
        self.refuse(EVALUATE, {"policy": POLICY, "type": "SgxEnclave"}, "request.claims")
        self.refuse(EVALUATE, {"policy": POLICY, "type": "SgxEnclave", "claims": {"a": None}}, "claims.file")
        self.refuse(EVALUATE, {"policy": POLICY, "type": "SgxEnclave", "claims": {"a": "x" * 512 * 1024}}, "request.body")
        self.assertEqual(self.server.get(CHECK).status, 405)

    def test_a_draft_that_is_no_policy_is_refused_in_the_words_of_the_original_service(self):
        quote = self.server.quote()["quote"]
        draft = f'version=1.0\n[type=="x"] => permit();\n// {SECRET}'
        error = self.refuse(SGX, {"quote": quote, "draftPolicyForAttestation": draft}, "policy.syntax", "PolicyParsingError")
        self.assertRegex(
            error["message"],
            r"^Attestation Enclave operation failed with 65526: Invalid policy was specified\. Policy Parser Exception Thrown: "
            r"Offending symbol: '\[' Line: '2', Column: '1' Failure message: '.+' Failing rule: 'policy.*'$",
        )
        checked = self.check(draft)["diagnostics"]
        self.assertEqual(error["vidimus"]["diagnostics"], checked)

    def test_a_draft_that_denies_says_what_would_have_satisfied_it(self):
        quote = self.server.quote(svn=2)["quote"]
        error = self.refuse(SGX, {"quote": quote, "draftPolicyForAttestation": POLICY}, "policy.decision", "PolicyEvaluationError")
        self.assertIn("No Permit claim was issued in the authorizationrules section, authorization failed.", error["message"])
        explained = error["vidimus"]
        self.assertEqual((explained["stage"], explained["line"], explained["claims"]), ("decide", 3, {"x-ms-sgx-svn": 2}))
        self.assertEqual(explained["rule"], '[type=="x-ms-sgx-svn", value>=3] => permit()')
        self.assertIn("x-ms-sgx-svn with value >= 3 (found 2)", explained["detail"])
        self.assertEqual(explained["detail"], self.evaluate(POLICY, {"x-ms-sgx-svn": 2})["message"])
        answer = self.server.post(SGX, {"quote": self.server.quote(svn=3)["quote"], "draftPolicyForAttestation": POLICY})
        self.assertEqual(answer.status, 200, answer.body[:600])

    def test_trials_hold_up_nobody(self):
        """Dear policies, many at a time, beside requests to the event loops."""
        rule = '[type=="a", value=="x"] && ' * 15 + '[type=="a", value=="y"] => permit();'
        policy = "version=1.0; authorizationrules {" + rule * 128 + "};"
        body = {"policy": policy, "type": "SgxEnclave", "claims": {"a": [f"{i:0400}" for i in range(1000)]}, "trace": True}
        self.assertLess(len(policy), 65536)
        statuses = []
        threads = [threading.Thread(target=lambda: statuses.append(self.server.post(EVALUATE, body).status)) for _ in range(8)]
        for thread in threads:
            thread.start()
        asked, connection = 0, self.server.connection()
        while any(thread.is_alive() for thread in threads) or asked < 20:
            self.assertEqual(self.server.request("GET", "/healthz", connection=connection).status, 200)
            asked += 1
        for thread in threads:
            thread.join()
        connection.close()
        self.assertEqual(statuses, [200] * len(threads))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
