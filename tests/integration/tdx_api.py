#!/usr/bin/env python3
"""POST /attest/TdxVm: a simulated TDX machine and a recorded one, with real TLS.

usage: tdx_api.py VIDIMUS_PROGRAM
"""

import hashlib
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
VECTORS = pathlib.Path()
TDX = "/attest/TdxVm"
SETTINGS = "/vidimus/v1/settings"


def error(answer):
    return answer.json()["error"]["vidimus"]["where"]


class SimulatedMachine(unittest.TestCase):
    def setUp(self):
        self.server = dev_server.Server(PROGRAM)
        self.server.__enter__()
        self.addCleanup(self.server.__exit__)

    def quote(self, **fields):
        return self.server.post("/vidimus/v1/sim/tdx/quote", fields).json()["quote"]

    def claims(self, body):
        answer = self.server.post(TDX, body)
        self.assertEqual(answer.status, 200, answer.body[:600])
        token = answer.json()["token"]
        self.assertTrue(tokens.verifies(token, self.server.get("/certs").json()["keys"][0]))
        return tokens.split(token)[1]

    def access_token(self):
        client = json.loads((self.server.state / "client.json").read_text(encoding="utf-8"))
        form = (
            f"grant_type=client_credentials&client_id={client['client_id']}&client_secret={client['client_secret']}"
            "&scope=https%3A%2F%2Fattest.azure.net%2F.default"
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.server.request("POST", f"/{client['tenant']}/oauth2/v2.0/token", form, headers).json()["access_token"]

    def set(self, settings):
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.access_token()}"}
        return self.server.request("PATCH", SETTINGS, settings, headers)

    def test_it_is_attested_with_the_claims_of_maa(self):
        data = b'{"b": 1, "a": "x"}'
        claims = self.claims(
            {"quote": self.quote(runtimeData=tokens.encode(data)), "runtimeData": {"data": tokens.encode(data), "dataType": "JSON"}, "nonce": "n"}
        )
        self.assertEqual(claims["x-ms-attestation-type"], "tdxvm")
        self.assertEqual(claims["attester_tcb_status"], "UpToDate")
        self.assertEqual(claims["x-ms-runtime"], {"a": "x", "b": 1})
        self.assertEqual(claims["tdx_report_data"], hashlib.sha256(data).hexdigest() + "00" * 32)
        self.assertEqual((claims["nonce"], claims["x-vidimus-mode"]), ("n", "dev"))
        documented = json.loads((VECTORS / "maa" / "tdx" / "doc-token-claims.json").read_text(encoding="utf-8"))
        self.assertEqual(set(documented) - set(claims), {"x-ms-compliance-status"})  # no attester earns it
        for name, value in documented.items():
            if name in claims:
                self.assertIs(type(claims[name]), type(value), name)

    def test_a_refusal_says_what_was_found(self):
        refused = self.server.post(TDX, {"quote": self.quote(), "runtimeData": {"data": tokens.encode(b"other"), "dataType": "Binary"}})
        self.assertEqual((refused.status, error(refused)), (400, "tdx.binding.runtime_data"))
        sgx = self.server.post(TDX, {"quote": self.server.quote()["quote"]})
        self.assertEqual((sgx.status, error(sgx)), (400, "tdx.quote.version"))
        tdx = self.server.post("/attest/SgxEnclave", {"quote": self.quote()})
        self.assertEqual((tdx.status, error(tdx)), (400, "sgx.quote.tee_type"))
        old = self.server.post(TDX, {"quote": self.quote(teeTcbSvn="020107" + "00" * 13)})
        self.assertEqual((old.status, error(old)), (400, "tdx.tcb.status"))
        self.assertIn("OutOfDate", old.json()["error"]["vidimus"]["found"])

    def test_a_policy_of_tdx_machines_decides_by_their_claims(self):
        policy = 'version=1.0;\nauthorizationrules { [type=="tdx_mrtd", value=="%s"] => permit(); };\nissuancerules {};' % ("ab" * 48)
        body = {"quote": self.quote(mrtd="ab" * 48), "draftPolicyForAttestation": policy}
        self.assertEqual(self.server.post(TDX, body).status, 200)
        denied = self.server.post(TDX, {**body, "quote": self.quote()})
        self.assertEqual((denied.status, error(denied)), (400, "policy.decision"))
        self.assertEqual(list(denied.json()["error"]["vidimus"]["claims"]), ["tdx_mrtd"])

    def test_an_owner_lists_the_paravisors_that_make_a_compliant_machine(self):
        measured = {"mrtd": "cd" * 48, "mrseam": "ef" * 48}
        self.assertEqual(self.set({"tdx": {"paravisors": [measured]}}).status, 200)
        self.assertEqual(self.claims({"quote": self.quote(**measured)})["x-ms-compliance-status"], "azure-compliant-cvm")
        self.assertNotIn("x-ms-compliance-status", self.claims({"quote": self.quote(**{**measured, "mrtd": "cc" * 48})}))
        self.assertNotIn("x-ms-compliance-status", self.claims({"quote": self.quote(**{**measured, "mrseam": "ee" * 48})}))
        for wrong in ({}, [{}], [{"mrtd": "cd" * 48}], [{**measured, "x": 1}], [{"mrtd": "cd", "mrseam": "ef"}], [measured, 1]):
            self.assertEqual(self.set({"tdx": {"paravisors": wrong}}).status, 400, wrong)
        self.assertEqual(self.set({"sgx": {"paravisors": []}}).status, 400)

    def test_an_owner_refuses_what_the_default_policy_lets_through(self):
        debug = self.quote(debug=True)
        self.assertEqual(self.set({"tdx": {"refuse": ["debug"]}}).status, 200)
        refused = self.server.post(TDX, {"quote": debug})
        self.assertEqual((refused.status, error(refused)), (400, "tdx.report.debug"))
        self.assertEqual(self.set({"tdx": {"refuse": ["nothing"]}}).status, 400)

    def test_the_command_line_runs_one(self):
        attested = subprocess.run(
            [PROGRAM, "attest", "--url", self.server.issuer, "--sim", "tdx", "--state", str(self.server.state)],
            check=True,
            capture_output=True,
            text=True,
        )
        self.assertEqual(tokens.split(attested.stdout.strip())[1]["x-ms-attestation-type"], "tdxvm")


class RecordedMachine(unittest.TestCase):
    def test_of_azure_is_attested_with_the_data_that_its_paravisor_bound(self):
        quote = (VECTORS / "azure-cvm" / "tdx" / "td-quote.bin").read_bytes()
        data = (VECTORS / "azure-cvm" / "tdx" / "runtime-data.json").read_bytes()
        arguments = ["--endorsements", str(VECTORS / "intel" / "collateral"), "--dev-clock", "2025-02-20T00:00:00Z"]
        arguments += ["--accept-tcb", "UpToDate,OutOfDate"]
        with dev_server.Server(PROGRAM, arguments) as server:
            body = {"quote": tokens.encode(quote), "runtimeData": {"data": tokens.encode(data), "dataType": "JSON"}}
            answer = server.post(TDX, body)
            self.assertEqual(answer.status, 200, answer.body[:900])
            claims = tokens.split(answer.json()["token"])[1]
            self.assertEqual(claims["x-ms-runtime"]["keys"][0]["kid"], "HCLAkPub")
            self.assertEqual(claims["attester_tcb_status"], "OutOfDate")
            body["runtimeData"]["data"] = tokens.encode(data + b" ")
            refused = server.post(TDX, body)
            self.assertEqual((refused.status, error(refused)), (400, "tdx.binding.runtime_data"))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM, VECTORS = sys.argv[1], dev_server.vectors().resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
