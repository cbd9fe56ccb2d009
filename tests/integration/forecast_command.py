#!/usr/bin/env python3
"""`vidimus endorsements forecast` of the platforms that the instances of a running service have seen.

usage: forecast_command.py VIDIMUS_PROGRAM
"""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import managed_service  # noqa: E402


class Forecast(managed_service.Managed):
    def attest(self):
        for tee, attestation_type in (("sgx", "SgxEnclave"), ("tdx", "TdxVm")):
            quote = self.server.post(f"/vidimus/v1/sim/{tee}/quote", {}).json()["quote"]
            answer = self.server.post(f"/attest/{attestation_type}", {"quote": quote})
            self.assertEqual(answer.status, 200, answer.body)

    def test_an_instance_tells_its_readers_what_becomes_of_the_platforms_it_has_seen(self):
        self.create("plain")
        self.attest()
        status, out, err = self.run_command("endorsements", "forecast")
        self.assertEqual(status, 0, err)
        for text in ("SGX platform of FMSPC", "TDX platform of FMSPC", "seen last at", "  early     number 20: UpToDate",
                     "  standard  number 19: UpToDate", "would be accepted", "left", "SGX TCB info of FMSPC", "CRL of the root"):
            self.assertIn(text, out)
        answer = self.succeed("endorsements", "forecast", "--format", "json")
        self.assertEqual(sorted(one["platform"]["tee"] for one in answer["platforms"]), ["SGX", "TDX"])
        self.assertTrue(all(one["early"]["accepted"] and not one["early"]["short"] for one in answer["platforms"]))
        self.assertEqual(answer["calendar"], sorted(answer["calendar"], key=lambda one: one["nextUpdate"]))
        again = self.succeed("endorsements", "forecast", "--format", "json")
        self.assertEqual(len(again["platforms"]), 2, "attested again, they are the same platforms")
        other = self.succeed("endorsements", "forecast", "--format", "json", *self.at("plain"))
        self.assertEqual(other["platforms"], [], "what one instance has seen is not another's business")
        self.assertFalse(any("TCB info" in one["document"] for one in other["calendar"]))
        self.assertIn("no platform seen in the last 30 days\ncalendar at ", self.run_command("endorsements", "forecast", *self.at("plain"))[1])

    def test_settings_of_the_instance_decide_what_would_be_accepted(self):
        self.attest()
        self.succeed("instance", "settings", "set", "-", stdin='{"sgx": {"minimumEvaluationNumber": 20}}')
        self.addCleanup(self.succeed, "instance", "settings", "set", "-", stdin='{"sgx": null}')
        status, out, err = self.run_command("endorsements", "forecast")
        self.assertEqual(status, 1, err)
        self.assertIn("  standard  number 19: UpToDate", out)
        self.assertIn("; would be refused\n            found 19, chosen as standard, expected at least 20 (sgx.tcb.evaluation_number)", out)

    def test_checking_what_a_dev_server_holds_takes_its_vendors_root(self):
        self.fail_with(1, "takes --sim-root", "endorsements", "check")
        status, out, err = self.run_command("endorsements", "check", "--sim-root", self.server.state / "sim" / "intel" / "root.pem")
        self.assertEqual(status, 0, err)
        self.assertIn("complete at ", out)

    def test_whoever_is_no_reader_is_told_nothing(self):
        self.fail_with(1, "HTTP status 401", "endorsements", "forecast", VIDIMUS_ACCESS_TOKEN="none")

    def test_evidence_and_endorsements_go_together_and_need_no_service(self):
        self.fail_with(2, "--for", "endorsements", "forecast", ".")
        self.fail_with(2, "paths", "endorsements", "forecast", "--for", "quote.bin")
        self.fail_with(2, "--url", "endorsements", "forecast", ".", "--for", "quote.bin", "--url", "https://localhost:1")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    managed_service.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
