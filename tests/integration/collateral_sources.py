#!/usr/bin/env python3
"""A server that fetches Intel's endorsements: what it asks for, what it makes of vendors that misbehave, and how it lives through outages.

usage: collateral_sources.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import calendar
import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import sys
import tempfile
import time
import types
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import intel_vendor  # noqa: E402
import tls_server  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
CLOCK_LIBRARY = ""
VECTORS = pathlib.Path()
CLOCK = "2025-06-26T17:19:45Z"
FMSPC = "00906ed50000"
SGX = "/attest/SgxEnclave"
ANYONE = "[collateral]\ngather_for_anyone = true\n"
PATHS = {  # of a cold platform
    "info": "/sgx/certification/v4/tcb",
    "identity": "/sgx/certification/v4/qe/identity",
    "numbers": "/sgx/certification/v4/tcbevaluationdatanumbers",
    "pck crl": "/sgx/certification/v4/pckcrl",
    "root crl": "/sgx/certification/v4/rootcacrl",
}


def recorded_quote():
    return tokens.encode((VECTORS / "intel" / "quotes" / "sgx-v3-00906ed50000-azure-intelsdk.bin").read_bytes())


class CollateralSources(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vidimus-sources-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        (self.folder / "master.key").write_text("ab" * 32)
        (self.folder / "master.key").chmod(0o600)
        tls_server.make_tls(self.folder, "localhost")

    def vendor(self, act=None):
        """One that serves what there was at the time of the recordings; with `act`, it misbehaves for every document."""
        vendor = intel_vendor.IntelVendor(self.folder, VECTORS / "intel" / "collateral", kind="pccs", now=CLOCK)
        if act:
            self.spoil(vendor, act)
        return self.enterContext(vendor)

    @staticmethod
    def spoil(vendor, act):
        for path in PATHS.values():
            vendor.misbehave(path, act)

    def shelf(self, name, *kinds):
        """A folder of the documents that there were at the time of the recordings."""
        issued_later = lambda _, names: [one for one in names if (stamp := re.search(r"_(\d{8}T\d{6}Z)\.", one)) and stamp[1] > re.sub("[-:]", "", CLOCK)]
        for kind in kinds:
            shutil.copytree(VECTORS / "intel" / "collateral" / kind, self.folder / name / kind, ignore=issued_later)
        return self.folder / name

    def serve(self, *vendors, settings="", clock=CLOCK, name="vidimus", endorsements=""):
        port = dev_server.free_port()
        text = endorsements + f'''
listen = "127.0.0.1:{port}"
issuer = "https://localhost:{port}"
[tls]
certificate = "tls.pem"
key = "tls.key"
[store]
url = "sqlite:{name}.db"
[keys]
master = "master.key"
[sgx]
accept_tcb = ["UpToDate", "OutOfDate"]
{settings}
'''
        for vendor in vendors:
            text += "[[collateral.source]]\n"
            text += f'kind = "folder"\npath = "{vendor}"\n' if isinstance(vendor, str) else f'kind = "pccs"\nurl = "{vendor.url}"\nca = "tls.pem"\n'
        config = self.folder / f"{name}.toml"
        config.write_text(text)
        moment = calendar.timegm(time.strptime(clock, "%Y-%m-%dT%H:%M:%SZ"))
        os.environ["VIDIMUS_TEST_CLOCK"], os.environ["LD_PRELOAD"] = str(moment), CLOCK_LIBRARY
        server = dev_server.Server(PROGRAM, ["--config", str(config)], ca_file=self.folder / "tls.pem", port=port)
        try:
            server.__enter__()
        finally:
            os.environ.pop("LD_PRELOAD")
        self.addCleanup(server.__exit__)
        return server

    def attest_until_accepted(self, server):
        deadline = time.monotonic() + 60
        while (where := self.attest(server)[0]) != "accepted" and time.monotonic() < deadline:
            time.sleep(0.2)
        return where

    def attest(self, server):
        answer = server.post(SGX, {"quote": recorded_quote()})
        if answer.status == 200:
            return "accepted", ""
        vidimus = answer.json()["error"]["vidimus"]
        return vidimus["where"], answer.json()["error"]["message"]

    def test_a_cold_platform_is_attested_and_each_document_fetched_once(self):
        vendor = self.vendor()
        health = dev_server.free_port()
        server = self.serve(vendor, settings=f'{ANYONE}[health]\nlisten = "127.0.0.1:{health}"\n')
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            results = list(pool.map(lambda _: self.attest(server), range(200)))
        self.assertEqual(set(results), {("accepted", "")})
        # Those of the cold platform; in the background, what is half over is looked at again by its number.
        asked = [one for one in vendor.asked() if "tcbEvaluationDataNumber" not in one]
        self.assertEqual(sorted(urllib.parse.urlsplit(one).path for one in asked), sorted(PATHS.values()))
        self.assertIn(f"/sgx/certification/v4/tcb?fmspc={FMSPC}&update=early", vendor.asked())
        with contextlib.closing(server.connection(health)) as connection:
            metrics = server.request("GET", "/metrics", connection=connection).body.decode()
        fetched = re.search(rf'vidimus_collateral_fetches_total{{source="{vendor.url}",outcome="fetched"}} ([0-9]+)\n', metrics)
        self.assertGreaterEqual(int(fetched[1]), len(PATHS))
        left = re.search(r'vidimus_collateral_next_update_seconds{kind="tcb-info"} ([0-9.e+]+)', metrics)
        self.assertLess(float(left[1]), 30 * 86400)

    def test_a_stranger_has_nothing_fetched_unless_the_instance_allows_it(self):
        vendor = self.vendor()
        server = self.serve(vendor)
        where, detail = self.attest(server)
        self.assertEqual(where, "gather.anonymous", detail)
        self.assertFalse(vendor.asked())

    def test_a_vendor_that_misbehaves_is_passed_over_for_the_next(self):
        other = (VECTORS / "intel" / "collateral" / "chains" / "intel_sgx_root_ca.der").read_bytes()
        acts = {
            "busy": intel_vendor.status(429, **{"Retry-After": "60"}),
            "broken": intel_vendor.status(502, b"bad gateway"),
            "missing": intel_vendor.status(404),
            "elsewhere": intel_vendor.status(302, Location="https://localhost/"),
            "empty": intel_vendor.status(200),
            "truncated": intel_vendor.truncated,
            "endless": intel_vendor.endless,
            "wrongly signed": intel_vendor.altered,
            "another document": intel_vendor.instead(other),
            "late": intel_vendor.late(60),
        }
        for name, act in acts.items():
            with self.subTest(vendor=name):
                bad, good = self.vendor(act), self.vendor()
                server = self.serve(bad, good, settings=ANYONE, name=name.replace(" ", "-"))
                where, detail = self.attest(server)
                if where == "gather.slow":  # the next to come finds what the other source gave
                    where = self.attest_until_accepted(server)
                self.assertEqual(where, "accepted", detail + server.log())
                self.assertTrue(bad.asked())
                server.__exit__()

    def test_a_folder_is_a_source(self):
        server = self.serve("shelf", settings=ANYONE)
        where, detail = self.attest(server)
        self.assertEqual(where, "gather.unavailable")
        self.assertIn(f"cannot read {self.folder}/shelf: No such file or directory", detail)
        self.shelf("shelf", "chains", "crl", "evalnumbers", "qeidentity", "tcbinfo")
        server = self.serve("shelf", settings=ANYONE, name="filled")
        self.assertEqual(self.attest(server), ("accepted", ""), server.log())

    def test_sources_are_asked_in_their_order_until_one_has_the_document(self):
        crls = self.shelf("crls", "chains", "crl")
        vendor = self.vendor()
        server = self.serve("crls", vendor, settings=ANYONE)
        self.assertEqual(self.attest(server), ("accepted", ""), server.log())
        asked = {urllib.parse.urlsplit(one).path for one in vendor.asked()}
        self.assertIn(PATHS["info"], asked)
        self.assertNotIn(PATHS["root crl"], asked)
        server.__exit__()
        (crls / "foreign").write_text("no endorsement")
        server = self.serve("crls", vendor, settings=ANYONE, name="spoiled")
        self.assertEqual(self.attest(server), ("accepted", ""), server.log())
        self.assertIn(str(crls / "foreign"), server.log())
        self.assertIn(PATHS["root crl"], {urllib.parse.urlsplit(one).path for one in vendor.asked()})

    def test_what_was_gathered_outlives_a_restart_and_an_outage(self):
        vendor = self.vendor()
        server = self.serve(vendor, settings=ANYONE)
        self.assertEqual(self.attest(server), ("accepted", ""))
        server.__exit__()
        self.spoil(vendor, intel_vendor.status(502))
        asked = len(vendor.asked())
        server = self.serve(vendor, settings=ANYONE)
        self.assertEqual(self.attest(server), ("accepted", ""))
        self.assertEqual(len(vendor.asked()), asked, "nothing is asked while what is held will do")

    def test_documents_are_looked_at_again_at_half_of_their_life_and_go_on_serving(self):
        vendor = self.vendor()
        self.attest(self.serve(vendor, settings=ANYONE))
        self.spoil(vendor, intel_vendor.status(502))
        server = self.serve(vendor, settings=ANYONE, clock="2025-07-02T00:00:00Z")
        self.assertEqual(self.attest(server), ("accepted", ""), "in force until the fourth")
        vendor.wait_for(PATHS["identity"], count=2)
        self.assertEqual(self.attest(server), ("accepted", ""))

    def test_a_cold_platform_with_everything_down_is_told_which_document_is_wanting(self):
        vendor = self.vendor(intel_vendor.status(502))
        server = self.serve(vendor, settings=ANYONE)
        where, detail = self.attest(server)
        self.assertEqual(where, "gather.unavailable")
        self.assertRegex(detail, "the (list of SGX evaluation numbers|SGX TCB info|identity of the SGX|CRL of the)")
        self.assertIn("502", detail)

    def test_a_second_server_uses_the_first_as_its_pccs(self):
        port = dev_server.free_port()
        self.serve(name="first", endorsements=f'endorsements = ["{VECTORS}/intel/collateral"]',
                   settings=f'[collateral]\nlisten = "127.0.0.1:{port}"\n')
        first = types.SimpleNamespace(url=f"https://localhost:{port}")
        second = self.serve(first, settings=ANYONE, name="second")
        self.assertEqual(self.attest(second), ("accepted", ""), second.log())

    def test_an_older_document_never_takes_the_place_of_a_newer(self):
        vendor = self.vendor()
        self.attest(self.serve(vendor, settings=ANYONE))
        vendor.now = "2025-06-18T00:00:00Z"
        server = self.serve(vendor, settings=ANYONE, clock="2025-07-05T12:00:00Z")
        deadline = time.monotonic() + 60
        while '"where":"endorsement.rollback"' not in server.log():
            self.assertLess(time.monotonic(), deadline, server.log())
            time.sleep(0.1)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY, VECTORS = sys.argv[1], sys.argv[2], dev_server.vectors().resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
