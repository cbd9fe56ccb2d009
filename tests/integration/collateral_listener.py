#!/usr/bin/env python3
"""The collateral listener as a DCAP client meets it: every recorded document by the paths of PCS and PCCS, over TLS.

usage: collateral_listener.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import base64
import calendar
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tls_server  # noqa: E402

PROGRAM = ""
CLOCK_LIBRARY = ""
COLLATERAL = pathlib.Path()
CLOCK = "20250626T171945Z"  # lists of evaluation numbers of both TEEs are in force, and 17 is standard by them
SGX4, TDX4, SGX3 = (f"/{tee}/certification/{version}/" for tee, version in (("sgx", "v4"), ("tdx", "v4"), ("sgx", "v3")))
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----")
TCB_CHAINS = ("tcb_signing_20180521_20250521.pem", "tcb_signing_20250506_20320506.pem")


def latest(folder, pattern):
    """What was issued last until CLOCK of the files of that name, whose group is the time of issue."""
    issued = {}
    for path in (COLLATERAL / folder).iterdir():
        found = re.fullmatch(pattern, path.name)
        if found and found[1] <= CLOCK:
            issued[found[1]] = path
    return issued[max(issued)].read_bytes()


def certificates(pem):
    return [base64.b64decode(body) for body in CERTIFICATE.findall(pem)]


class CollateralListener(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="vidimus-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        tls_server.make_tls(cls.folder, "localhost")
        cls.openssl("rand", "-hex", "-out", "master.key", "32")
        (cls.folder / "master.key").chmod(0o600)
        port, cls.port = dev_server.free_port(), dev_server.free_port()
        config = cls.folder / "vidimus.toml"
        config.write_text(
            f'listen = "127.0.0.1:{port}"\nissuer = "https://attest.example"\nendorsements = ["{COLLATERAL}"]\n'
            f'[tls]\ncertificate = "tls.pem"\nkey = "tls.key"\n[keys]\nmaster = "master.key"\n'
            f'[collateral]\nlisten = "127.0.0.1:{cls.port}"\n',
            encoding="utf-8",
        )
        moment = calendar.timegm(time.strptime(CLOCK, "%Y%m%dT%H%M%SZ"))
        environment = {"VIDIMUS_TEST_CLOCK": str(moment), "LD_PRELOAD": CLOCK_LIBRARY}
        cls.server = dev_server.Server(
            PROGRAM, ["--config", str(config)], ca_file=cls.folder / "tls.pem", port=port, environment=environment
        )
        cls.enterClassContext(cls.server)

    @classmethod
    def openssl(cls, *arguments):
        subprocess.run(["openssl", *arguments], cwd=cls.folder, check=True, capture_output=True)

    def get(self, path):
        connection = self.server.connection(self.port)
        try:
            return self.server.request("GET", path, connection=connection)
        finally:
            connection.close()

    def check_document(self, path, content, header):
        answer = self.get(path)
        self.assertEqual((answer.status, answer.body == content), (200, True), f"{path}: {answer.body[:300]!r}")
        chain = certificates(urllib.parse.unquote(answer.headers[header]))
        known = [certificates((COLLATERAL / "chains" / name).read_text(encoding="ascii")) for name in TCB_CHAINS]
        self.assertIn(chain, known, path)

    def check_refused(self, path, status, where):
        answer = self.get(path)
        self.assertEqual((answer.status, answer.json()["error"]["vidimus"]["where"]), (status, where), path)

    def test_every_tcb_info_by_its_number(self):
        asked = set()
        for path in (COLLATERAL / "tcbinfo").iterdir():
            tee, version, fmspc, number, issued = re.fullmatch(r"(\w+)_v(\d)_(\w+)_e(\d+)_(\w+)\.json", path.name).groups()
            base = {"sgx3": SGX4, "sgx2": SGX3, "tdx3": TDX4}[tee + version]
            query = f"{base}tcb?fmspc={fmspc}&tcbEvaluationDataNumber={number}"
            if issued > CLOCK or query in asked:
                continue
            asked.add(query)
            content = latest("tcbinfo", rf"{tee}_v{version}_{fmspc}_e{number}_(\w+)\.json")
            self.check_document(query, content, "SGX-TCB-Info-Issuer-Chain" if base == SGX3 else "TCB-Info-Issuer-Chain")
        self.assertGreater(len(asked), 10)

    def test_every_identity_by_its_number(self):
        for prefix, base in (("qe", SGX4), ("qe", SGX3), ("td_qe", TDX4)):
            for path in (COLLATERAL / "qeidentity").glob(f"{prefix}_v2_*.json"):
                number, issued = re.fullmatch(rf"{prefix}_v2_e(\d+)_(\w+)\.json", path.name).groups()
                if issued > CLOCK:
                    continue
                content = latest("qeidentity", rf"{prefix}_v2_e{number}_(\w+)\.json")
                query = f"{base}qe/identity?tcbEvaluationDataNumber={number}"
                self.check_document(query, content, "SGX-Enclave-Identity-Issuer-Chain")

    def test_lists_and_the_standard_and_early_numbers_by_them(self):
        for tee, base in (("sgx", SGX4), ("tdx", TDX4)):
            content = latest("evalnumbers", rf"{tee}_(\w+)\.json")
            self.check_document(base + "tcbevaluationdatanumbers", content, "TCB-Evaluation-Data-Numbers-Issuer-Chain")
        standard = latest("tcbinfo", r"sgx_v3_00606a000000_e17_(\w+)\.json")
        early = latest("tcbinfo", r"sgx_v3_00606a000000_e19_(\w+)\.json")
        for query, content in (("", standard), ("&update=standard", standard), ("&update=early", early)):
            self.check_document(f"{SGX4}tcb?fmspc=00606A000000{query}", content, "TCB-Info-Issuer-Chain")

    def test_revocation_lists_in_every_encoding(self):
        root = latest("crl", r"rootca_(\w+)\.der")
        for base in (SGX4, SGX3):
            self.assertEqual(self.get(base + "rootcacrl").body.decode(), root.hex())
        uri = "https://certificates.trustedservices.intel.com/IntelSGXRootCA.der"
        self.assertEqual(self.get(f"{SGX4}crl?uri={urllib.parse.quote(uri, safe='')}").body, root)
        for ca in ("platform", "processor"):
            content = latest("crl", rf"pck_{ca}_(\w+)\.der")
            path = f"{SGX4}pckcrl?ca={ca}"
            answer = self.get(path)
            self.assertEqual(answer.body.decode(), content.hex())
            chain = certificates(urllib.parse.unquote(answer.headers["SGX-PCK-CRL-Issuer-Chain"]))
            issuer = (COLLATERAL / "chains" / f"pck_crl_issuer_{ca}.pem").read_text(encoding="ascii")
            self.assertEqual(chain, certificates(issuer))
            self.assertEqual(self.get(path + "&encoding=der").body, content)
            pem = self.get(path + "&encoding=pem").body
            der = subprocess.run(["openssl", "crl", "-outform", "DER"], input=pem, capture_output=True, check=True).stdout
            self.assertEqual(der, content)

    def test_what_is_not_held_or_not_asked_well(self):
        self.check_refused(f"{SGX4}tcb?fmspc=ffffffffffff&update=early", 404, "collateral.missing")
        self.check_refused(f"{SGX4}tcb?fmspc=00606a000000&update=early&tcbEvaluationDataNumber=17", 400, "collateral.query")
        self.check_refused(f"{SGX4}crl?uri=http%3A%2F%2F127.0.0.1%3A{self.server.port}%2F", 404, "collateral.uri")
        self.check_refused(f"{SGX4}pckcert?qeid=00&cpusvn=00&pcesvn=00&pceid=0000", 404, "collateral.pck_certificates")
        self.check_refused("/attest/SgxEnclave", 404, "request.path")
        self.assertEqual(self.server.get(SGX4 + "rootcacrl").status, 404)  # the first listener has none of it


if __name__ == "__main__":
    PROGRAM, CLOCK_LIBRARY = (str(pathlib.Path(argument).resolve()) for argument in sys.argv[1:3])
    COLLATERAL = dev_server.vectors().resolve() / "intel" / "collateral"
    unittest.main(argv=sys.argv[:1], verbosity=2)
