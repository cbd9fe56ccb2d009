#!/usr/bin/env python3
"""`vidimus endorsements` as an operator meets it, against an HTTPS server that serves recorded collateral, well and badly.

usage: endorsements_command.py VIDIMUS_PROGRAM
"""

import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import intel_vendor as intel  # noqa: E402
import tls_server  # noqa: E402

PROGRAM = ""
VECTORS = pathlib.Path()
AT = "2025-06-20T00:00:00Z"
FMSPC = "00606a000000"
QUOTE = "quotes/sgx-v3-00606a000000-integritee.bin"
TD_QUOTE = "quotes/tdx-v4-00806f050000-edgeless.bin"
TCB = "/sgx/certification/v4/tcb"
NUMBERS = "/sgx/certification/v4/tcbevaluationdatanumbers"
PLATFORM_CRL = "/sgx/certification/v4/pckcrl"


def run(*arguments):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


class Endorsements(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        tls_server.make_tls(cls.folder, "localhost")
        cls.collateral = VECTORS / "intel/collateral"
        cls.quote = VECTORS / "intel" / QUOTE
        cls.td_quote = VECTORS / "intel" / TD_QUOTE

    def setUp(self):
        self.vendor = self.enterContext(intel.IntelVendor(self.folder, self.collateral, now="2025-06-20T00:00:00Z"))
        self.bundle = self.folder / f"{self.id().rpartition('.')[2]}.jsonl"

    def pull(self, *arguments, source=None):
        return run("endorsements", "pull", "--from", source or self.vendor.url, "--ca-file", self.folder / "tls.pem", "--out", self.bundle, *arguments)

    def expect(self, result, status, *texts):
        code, out, err = result
        self.assertEqual(code, status, out + err)
        for text in texts:
            self.assertIn(text, out + err)

    def refused(self, result, *texts):
        """Nothing is written when something fails."""
        self.expect(result, 1, *texts)
        self.assertFalse(self.bundle.exists())

    def test_what_evidence_needs_is_pulled_and_judges_it(self):
        self.expect(self.pull("--for", self.quote), 0, f"SGX TCB info of FMSPC {FMSPC}")
        self.assertTrue(any("tcbEvaluationDataNumber=18" in one for one in self.vendor.asked(TCB)))
        self.expect(run("endorsements", "check", self.bundle, "--for", self.quote, "--at", AT), 0, "complete at")
        evidence = ("--type", "SgxEnclave", "--evidence", self.quote, "--endorsements", self.bundle, "--at", AT)
        code, out, err = run("appraise", *evidence, "--accept-tcb", "OutOfDate,ConfigurationNeeded,SWHardeningNeeded,UpToDate", "--format", "json")
        self.assertTrue(out, err)
        self.assertEqual(json.loads(out)["tcb"]["evaluation_data_number"], 19)
        code, out, err = run("endorsements", "list", self.bundle, "--at", AT, "--format", "json")
        numbers = {one.get("evaluationNumber") for one in json.loads(out)["documents"] if one["kind"] == "tcb-info"}
        self.assertEqual(numbers, {17, 18, 19})

    def test_evidence_is_taken_as_text_too(self):
        for name, text in (("hex", self.quote.read_bytes().hex()), ("base64", base64.b64encode(self.quote.read_bytes()).decode())):
            file = self.folder / name
            file.write_text(text + "\n")
            self.expect(self.pull("--for", file), 0)

    def test_a_caching_server_gives_the_same(self):
        self.expect(self.pull("--for", self.td_quote, source="pccs:" + self.vendor.url), 0, "TDX TCB info of FMSPC 00806f050000")
        self.expect(run("endorsements", "check", self.bundle, "--for", self.td_quote, "--at", AT), 1, "TDX TCB info of FMSPC 00806f050000")

    def test_unverified_evidence_has_nothing_fetched_for_it(self):
        spoiled = bytearray(self.quote.read_bytes())
        at = spoiled.find(b"-----BEGIN CERTIFICATE-----") + 400
        spoiled[at] = ord("A") if spoiled[at] != ord("A") else ord("B")
        file = self.folder / "forged"
        file.write_bytes(spoiled)
        self.refused(self.pull("--for", file), "forged")
        file.write_bytes(b"no quote at all")
        self.refused(self.pull("--for", file), "endorsements.evidence")
        self.assertEqual(self.vendor.asked(), [])

    def test_platforms_are_named_by_fmspc(self):
        self.expect(self.pull("--fmspc", FMSPC, "--ca", "platform"), 0)
        self.assertEqual(len(self.vendor.asked(PLATFORM_CRL)), 1)
        self.expect(self.pull("--fmspc", "xyz"), 2, "expected 12 hexadecimal digits")
        self.expect(self.pull(), 2, "--for or --fmspc")
        self.expect(self.pull("--fmspc", FMSPC, source="http://localhost"), 2, "--from")

    def test_a_busy_source_is_asked_again(self):
        for path, act in ((TCB, intel.status(503)), (NUMBERS, intel.status(429, **{"Retry-After": "1"})), (PLATFORM_CRL, intel.truncated)):
            self.vendor.misbehave(path, act, times=1)
        self.expect(self.pull("--fmspc", FMSPC, "--ca", "platform"), 0, "status 503", "status 429", "again in")
        self.assertEqual(len(self.vendor.asked(NUMBERS)), 2)

    def test_a_source_that_asks_for_too_much_patience_is_left(self):
        self.vendor.misbehave(TCB, intel.status(429, **{"Retry-After": "3600"}))
        self.refused(self.pull("--fmspc", FMSPC), f"SGX TCB info of FMSPC {FMSPC}", "status 429")
        self.assertEqual(len(self.vendor.asked(TCB)), 1)

    def test_what_does_not_verify_is_named_and_not_kept(self):
        other = (self.collateral / "tcbinfo/sgx_v3_00906ed50000_e19_20250604T001612Z.json").read_bytes()
        cases = (
            (intel.altered, "intel.tcb_info.signature"),
            (intel.instead(other), "gather.other_document"),
            (intel.instead(b"<html>"), "endorsement.unrecognised"),
            (intel.status(404), "gather.source.status"),
        )
        for act, where in cases:
            with self.subTest(where):
                self.vendor.behave()
                self.vendor.misbehave(TCB, act)
                self.refused(self.pull("--fmspc", FMSPC, "--ca", "platform"), f"SGX TCB info of FMSPC {FMSPC}", where)

    def test_a_number_that_is_no_longer_served_is_passed_over(self):
        self.vendor.documents = [one for one in self.vendor.documents if (one.key[1], one.number) != ("tcb", 18)]
        self.expect(self.pull("--fmspc", FMSPC, "--ca", "platform"), 0, "  none: ", "evaluation number 18")

    def test_a_source_without_lists_gives_the_newest_number(self):
        self.vendor.misbehave(NUMBERS, intel.status(404))
        self.expect(self.pull("--fmspc", FMSPC, "--ca", "platform"), 0, "only the newest number")
        self.assertEqual(len(self.vendor.asked(TCB)), 1)

    def test_a_bundle_is_replaced_whole_or_not_at_all(self):
        self.bundle = self.folder / "place" / "bundle"
        self.bundle.parent.mkdir()
        self.bundle.write_text("of before")
        self.vendor.misbehave(TCB, intel.altered)
        self.expect(self.pull("--fmspc", FMSPC, "--ca", "platform"), 1)
        self.assertEqual(self.bundle.read_text(), "of before")
        self.vendor.behave()
        self.expect(self.pull("--fmspc", FMSPC, "--ca", "platform"), 0)
        self.assertEqual(([one.name for one in self.bundle.parent.iterdir()], self.bundle.stat().st_mode & 0o777), (["bundle"], 0o644))

    def test_what_is_missing_or_expired_is_said(self):
        self.expect(self.pull("--fmspc", FMSPC, "--ca", "platform"), 0, "note: ")
        check = ("endorsements", "check", self.bundle)
        self.expect(run(*check, "--at", "2030-01-01T00:00:00Z"), 1, "expired, next update", "not complete")
        self.expect(run(*check, "--for", self.td_quote, "--at", AT), 1, "TDX TCB info of FMSPC 00806f050000: missing")
        code, out, err = run(*check, "--for", self.quote, "--at", AT, "--format", "json")
        self.assertEqual((code, json.loads(out)["complete"]), (0, True), out + err)
        self.expect(run("endorsements", "list", self.bundle, "--at", "tomorrow"), 2)
        self.expect(run("endorsements", "list", self.folder / "absent"), 2)

    def forecast(self, *arguments, evidence=None, held=None, at=AT):
        return run("endorsements", "forecast", held or self.collateral, "--for", evidence or self.quote, "--at", at, *arguments)

    def test_a_forecast_says_what_a_platform_is_short_of_by_each_number(self):
        self.expect(
            self.forecast(),
            1,
            f"SGX platform of FMSPC {FMSPC}",
            "early     number 19: OutOfDateConfigurationNeeded, of 2023-08-09T00:00:00Z; would be refused",
            "SGX component 1 (BIOS: Early Microcode Update): 12, needs 16",
            "standard  number 17:",
            "SGX component 1: 12, needs 14",
            "(sgx.tcb_info.validity)",
            f"2025-07-06T12:30:47Z  16 d left    in force    SGX TCB info of FMSPC {FMSPC}, evaluation number 19",
            'in force    certificate "Intel SGX TCB Signing"',
        )

    def test_a_forecast_as_json_has_what_the_text_says(self):
        code, out, err = self.forecast("--format", "json")
        self.assertEqual(code, 1, out + err)
        answer = json.loads(out)
        self.assertEqual((answer["at"], len(answer["platforms"])), (AT, 1))
        platform = answer["platforms"][0]
        self.assertEqual((platform["evidence"], platform["platform"]["fmspc"]), (str(self.quote), FMSPC))
        early = platform["early"]
        self.assertEqual((early["evaluationDataNumber"], early["status"], early["accepted"]), (19, "OutOfDateConfigurationNeeded", False))
        self.assertEqual(early["refusal"]["code"], "sgx.tcb.status")
        self.assertIn({"component": "SGX component 7", "found": 0, "needed": 1}, early["short"])
        self.assertEqual(platform["standard"]["evaluationDataNumber"], 17)
        ends = [one["nextUpdate"] for one in answer["calendar"]]
        self.assertEqual(ends, sorted(ends))
        states = {one["document"]: one["state"] for one in answer["calendar"]}
        self.assertEqual(states[f"SGX TCB info of FMSPC {FMSPC}, evaluation number 16"], "superseded")
        self.assertEqual(states[f"SGX TCB info of FMSPC {FMSPC}, evaluation number 17"], "expired")

    def test_a_forecast_of_several_platforms_judges_each(self):
        code, out, err = run("endorsements", "forecast", self.collateral, "--for", self.quote, self.td_quote, "--at", AT, "--format", "json")
        self.assertEqual(code, 1, out + err)
        answer = json.loads(out)
        self.assertEqual([one["platform"]["tee"] for one in answer["platforms"]], ["SGX", "TDX"], err)
        self.assertEqual(answer["platforms"][1]["early"]["refusal"]["code"], "tdx.tcb_info.validity")

    def test_a_forecast_of_a_platform_says_yes_where_both_numbers_would_accept_it(self):
        for kind in ("sgx", "tdx"):
            out = self.folder / f"sim-{kind}"
            self.expect(run("sim", kind, "--out", out, "--at", AT), 0)
            evidence = next(one for one in out.iterdir() if one.suffix == ".bin")
            result = self.forecast("--sim-root", out / "root.pem", evidence=evidence, held=out / "endorsements")
            self.expect(result, 0, "early     number 20: UpToDate", "standard  number 19: UpToDate", "would be accepted")
            self.assertNotIn("needs", result[1])
            (out / "endorsements" / f"{'tdx-' if kind == 'tdx' else ''}tcb-info-19.json").unlink()
            result = self.forecast("--sim-root", out / "root.pem", evidence=evidence, held=out / "endorsements")
            self.expect(result, 1, "standard  no verdict: ", "(intel.select.tcb_info)")

    def test_a_forecast_without_a_list_of_numbers_has_no_standard(self):
        held = [one for one in self.collateral.rglob("*") if one.is_file() and one.parent.name != "evalnumbers"]
        code, out, err = run("endorsements", "forecast", *held, "--for", self.quote, "--at", AT, "--format", "json")
        platform = json.loads(out)["platforms"][0]
        self.assertEqual(platform["standard"]["error"]["code"], "intel.select.standard", err)

    def test_evidence_that_does_not_verify_has_no_forecast(self):
        spoiled = bytearray(self.quote.read_bytes())
        spoiled[436 + 5] ^= 1  # in the signature
        file = self.folder / "spoiled.bin"
        file.write_bytes(spoiled)
        self.expect(self.forecast(evidence=file), 1, "spoiled.bin", "sgx.quote.signature")
        self.expect(self.forecast(held=self.collateral / "crl"), 1, "intel.select.tcb_info")
        self.expect(self.forecast(at="tomorrow"), 2)

    def test_a_damaged_bundle_is_refused_by_every_command(self):
        self.expect(self.pull("--fmspc", FMSPC, "--ca", "platform"), 0)
        damaged = self.folder / "damaged.jsonl"
        damaged.write_text(self.bundle.read_text().replace("tcbInfo", "tcbinfo", 1))
        for verb in ("list", "check"):
            self.expect(run("endorsements", verb, damaged), 1, "bundle.digest", "damaged.jsonl")
        damaged.write_text(self.bundle.read_text()[:-1])
        self.expect(run("endorsements", "list", damaged), 1, "bundle.truncated")


def main():
    global PROGRAM, VECTORS
    PROGRAM = sys.argv.pop(1)
    VECTORS = pathlib.Path(os.environ.get("VIDIMUS_VECTORS", "../shared/vectors"))
    if not (VECTORS / "intel/index.json").is_file():
        print(f"no recorded evidence in {VECTORS}: set VIDIMUS_VECTORS", file=sys.stderr)
        return 1 if os.environ.get("CI") == "true" else 77
    unittest.main(verbosity=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
