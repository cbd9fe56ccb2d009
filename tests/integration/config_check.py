#!/usr/bin/env python3
"""`vidimus config check`: every problem in one run, and what would be served.

usage: config_check.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import cluster as clusters  # noqa: E402
import dev_server  # noqa: E402
import postgres_server  # noqa: E402

PROGRAM = ""
CLOCK_LIBRARY = ""
VECTORS = pathlib.Path()


class ConfigCheck(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(clusters.Cluster(PROGRAM, CLOCK_LIBRARY, VECTORS, nodes=1))
        cls.folder = cls.cluster.folder
        cls.good = (cls.folder / "node1.toml").read_text(encoding="utf-8")

    def check(self, text, seconds=30):
        """(status, what would be served, [(line, rest)])"""
        path = self.folder / "checked.toml"
        path.write_text(text, encoding="utf-8")
        began = time.monotonic()
        done = subprocess.run(
            [PROGRAM, "config", "check", "--config", str(path)], capture_output=True, text=True, timeout=60, check=False,
            env=os.environ | self.cluster.environment
        )
        self.assertLess(time.monotonic() - began, seconds)
        problems = []
        for line in done.stderr.splitlines():
            self.assertTrue(line.startswith(f"{path}:"), line)
            number, rest = re.fullmatch(r":(?:(\d+):)? (.*)", line[len(str(path)) :]).groups()
            problems.append((int(number or 0), rest))
        for secret in (postgres_server.ENCODED_PASSWORD, postgres_server.PASSWORD, (self.folder / "master.key").read_text(encoding="utf-8")):
            self.assertNotIn(secret.strip(), done.stdout + done.stderr)
        return done.returncode, done.stdout, problems

    def line_of(self, text, start):
        return next(at for at, line in enumerate(text.split("\n"), 1) if line.startswith(start))

    def check_one(self, text, status, where, at=0):
        found, _, problems = self.check(text)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(f"({where})", problems[0][1])
        self.assertEqual((found, problems[0][0]), (status, at), problems)

    def changed(self, start, line):
        return re.sub(rf"(?m)^{re.escape(start)}.*$", lambda _: line, self.good, count=1)

    def test_a_good_one_is_described(self):
        status, served, problems = self.check(self.good)
        self.assertEqual((status, problems), (0, []), served)
        for text in ("listens on 127.0.0.1:", "as https://default.attest.example", "instances https://{name}.attest.example",
                     "store postgresql user=vidimus", "store has 1 instances, 0 with", "master key ", "issuer https://localhost:", "operator sub = "):
            self.assertIn(text, served)

    def test_all_problems_are_said_in_one_run_each_with_its_line(self):
        (self.folder / "short.key").write_text("00" * 31, encoding="ascii")
        (self.folder / "short.key").chmod(0o600)
        text = (
            self.good.replace('tls.certificate = "tls.pem"', 'tls.certificate = "none.pem"')
            .replace('"master.key"', '"short.key"')
            .replace("store.max_staleness = 300", "store.max_staleness = 0\nstore.max_stalenes = 3")
            .replace('listen = "', 'lisen = 1\nlisten = "x')
            .replace("claim = ", "claims = ")
        )
        status, _, problems = self.check(text)
        self.assertEqual(status, 2)
        for start, where in (
            ("lisen", "config.unknown"),
            ("listen", "option.listen"),
            ("tls.certificate", "file.read"),
            ("keys.master", "config.key_file"),
            ("store.max_staleness ", "config.type"),
            ("store.max_stalenes ", "config.unknown"),
            ("claims", "config.unknown"),
            ("[[auth.operator]]", "config.missing"),
        ):
            at = self.line_of(text, start)
            self.assertTrue([one for one in problems if one[0] == at and f"({where})" in one[1]], f"{start} at {at}: {problems}")
        self.assertEqual(len(problems), 8, problems)

    def test_a_key_that_is_not_the_certificates_is_named(self):
        clusters.openssl(self.folder, "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "stranger.key")
        (self.folder / "stranger.key").chmod(0o600)
        self.check_one(self.changed("tls.key", 'tls.key = "stranger.key"'), 1, "net.tls.certificate")

    def test_a_store_out_of_reach_is_named_and_one_to_be_made_is_not_a_problem(self):
        url = "postgresql://u:secret@127.0.0.1:1/x"
        status, served, problems = self.check(self.changed("store.url", f'store.url = "{url}"'))
        self.assertEqual((status, len(problems)), (1, 1), problems)
        self.assertIn("(store.unavailable)", problems[0][1])
        self.assertNotIn("secret", served + problems[0][1])
        for absent in ("sqlite:absent.db", self.cluster.postgres.new_database()):
            status, served, problems = self.check(self.changed("store.url", f'store.url = "{absent}"'))
            self.assertEqual((status, problems), (0, []))
            self.assertRegex(served, "store has .*(is not there|no tables)")
        self.assertFalse((self.folder / "absent.db").exists())

    def test_a_master_key_that_opens_nothing_in_the_store_is_named(self):
        clusters.openssl(self.folder, "rand", "-hex", "-out", "another.key", "32")
        (self.folder / "another.key").chmod(0o600)
        self.check_one(self.changed("keys.master", 'keys.master = "another.key"'), 1, "crypto.master_key.other")

    def test_an_issuer_that_does_not_answer_is_named_in_time(self):
        issuer = json.dumps(f"{self.cluster.authority.issuer}/dev/v2.0")
        silent = '[[auth.issuer]]\nissuer = "https://127.0.0.1:1/x"\n'
        status, _, problems = self.check(self.good + silent, 15)
        self.assertEqual((status, len(problems)), (1, 1), problems)
        self.assertIn("https://127.0.0.1:1/x/.well-known/openid-configuration", problems[0][1])
        # A server that is there and is not the one.
        other = self.good.replace(issuer, json.dumps(f"{self.cluster.authority.issuer}/other/v2.0"))
        self.check_one(other, 1, "auth.keys.status")

    def test_endorsements_without_a_file_are_none(self):
        (self.folder / "empty").mkdir()
        text = self.changed("endorsements", 'endorsements = ["empty"]')
        self.check_one(text, 1, "intel.held")

    def test_a_collateral_source_has_what_its_kind_needs_and_no_more(self):
        source = "[[collateral.source]]\n"
        at = self.good.count("\n") + 1
        for text, status, where, line in (
            ('kind = "ftp"\n', 2, "config.type", 1),
            ('url = "https://localhost"\n', 2, "config.missing", 0),
            ('kind = "pccs"\n', 2, "config.missing", 0),
            ('kind = "pcs"\npath = "x"\n', 2, "config.unknown", 2),
            ('kind = "folder"\n', 2, "config.missing", 0),
            (f'kind = "folder"\npath = "{VECTORS}/intel/collateral"\nurl = "https://localhost"\n', 2, "config.unknown", 3),
        ):
            with self.subTest(text):
                self.check_one(self.good + source + text, status, where, at + line)
        self.check_one(f'{self.good}{source}kind = "pcs"\n{source}kind = "pcs-v3"\n', 2, "config.type", at + 2)
        self.check_one(self.good + source + 'kind = "folder"\npath = "nowhere"\n', 1, "file.read")
        (self.folder / "strange.jsonl").write_text("no endorsement", encoding="utf-8")
        self.check_one(self.good + source + 'kind = "bundle"\npath = "strange.jsonl"\n', 1, "endorsement.unrecognised")
        status, served, problems = self.check(
            f'{self.good}{source}kind = "folder"\npath = "{VECTORS}/intel/collateral"\n{source}kind = "thim"\n'
        )
        self.assertEqual((status, problems), (0, []))
        self.assertIn(f"source {VECTORS}/intel/collateral\nsource https://", served)

    def test_what_is_no_configuration_is_said(self):
        status, served, problems = self.check("listen = \n")
        self.assertEqual((status, served, len(problems)), (2, "", 1))
        self.assertIn("line 1", problems[0][1])
        done = subprocess.run([PROGRAM, "config", "check", "--config", "/nonexistent"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 2)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY, VECTORS = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2], dev_server.vectors().resolve()
    postgres_server.need_postgres()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
