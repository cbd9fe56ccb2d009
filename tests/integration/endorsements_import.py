#!/usr/bin/env python3
"""`vidimus endorsements import`, `export`, `list` and `check` with a running server that reaches no network, and the requests behind them.

usage: endorsements_import.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import base64
import calendar
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import openid_issuer  # noqa: E402
import tls_server  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
CLOCK_LIBRARY = ""
VECTORS = pathlib.Path()
CLOCK = "2025-06-26T17:19:45Z"  # when the recorded evidence was good
NOW = calendar.timegm(time.strptime(CLOCK, "%Y-%m-%dT%H:%M:%SZ"))
ISSUER, AUDIENCE, ARM_AUDIENCE = "https://login.example", "https://attest.example", "https://arm.example"
QUOTE = "intel/quotes/sgx-v3-00906ed50000-azure-intelsdk.bin"
PATH = "/vidimus/v1/endorsements"
INFO = "tcbinfo/sgx_v3_00906ed50000_e19_20250604T001612Z.json"
OLDER, NEWER = (f"tcbinfo/tdx_v3_90c06f000000_e17_{when}.json" for when in ("20250212T103859Z", "20250605T034345Z"))
SIGNER = "chains/tcb_signing_20250506_20320506.pem"
BODY_BYTES, DOCUMENTS, DOCUMENT_BYTES = 4 * 1024 * 1024, 1000, 2 * 1024 * 1024
FILE_BYTES, BUNDLE_BYTES = 32 * 1024 * 1024, 256 * 1024 * 1024


def digest(content):
    return hashlib.sha256(content).hexdigest()


def line(name, content):
    return json.dumps({"sha256": digest(content), "name": name, "base64": base64.b64encode(content).decode()}) + "\n"


def bundle(*lines):
    header = {"format": "vidimus-endorsements", "version": 1, "created": CLOCK, "documents": len(lines)}
    out = json.dumps(header, separators=(",", ":")) + "\n" + "".join(lines)
    return out + json.dumps({"sha256": digest(out.encode())}) + "\n"


class Importing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.collateral = VECTORS / "intel/collateral"
        cls.key = openid_issuer.RsaKey("rsa")
        files = [path for path in cls.collateral.rglob("*") if path.is_file()]
        cls.documents = [path for path in files if path.parent.name != "chains"]

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="vidimus-import-")))
        tls_server.make_tls(self.folder, "localhost")
        (self.folder / "master.key").write_text("ab" * 32)
        (self.folder / "master.key").chmod(0o600)
        (self.folder / "keys.json").write_text(json.dumps({"keys": [self.key.jwk()]}))

    def serve(self, name="vidimus"):
        """A server of an empty store, with no source and no file to read."""
        port = dev_server.free_port()
        (self.folder / f"{name}.toml").write_text(f'''
listen = "127.0.0.1:{port}"
issuer = "https://localhost:{port}"
endorsements = []
[tls]
certificate = "tls.pem"
key = "tls.key"
[store]
url = "sqlite:{name}.db"
[keys]
master = "master.key"
[sgx]
accept_tcb = ["UpToDate", "OutOfDate"]
[[auth.issuer]]
issuer = "{ISSUER}"
audiences = ["{AUDIENCE}"]
arm_audiences = ["{ARM_AUDIENCE}"]
keys = "keys.json"
[[auth.operator]]
issuer = "{ISSUER}"
claim = "sub"
value = "operator"
''')
        clock = {"VIDIMUS_TEST_CLOCK": str(NOW), "LD_PRELOAD": str(CLOCK_LIBRARY)}
        server = dev_server.Server(PROGRAM, ["--config", str(self.folder / f"{name}.toml")], ca_file=self.folder / "tls.pem", port=port, environment=clock)
        return self.enterContext(server)

    def token(self, sub="operator", audience=ARM_AUDIENCE):
        claims = {"iss": ISSUER, "sub": sub, "aud": audience, "exp": NOW + 3600}
        return openid_issuer.signed({"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}, claims, self.key.sign)

    def run_verb(self, verb, *arguments, server=None, sub="operator"):
        """(exit status, standard output, standard error)"""
        remote = ["--url", f"https://localhost:{server.port}", "--ca", self.folder / "tls.pem"] if server else []
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("VIDIMUS_", "XDG_"))}
        environment |= {"XDG_CONFIG_HOME": str(self.folder / "none"), "VIDIMUS_ACCESS_TOKEN": self.token(sub)}
        done = subprocess.run([PROGRAM, "endorsements", verb, *map(str, [*arguments, *remote])], capture_output=True, text=True, timeout=300,
                              check=False, env=environment)
        return done.returncode, done.stdout, done.stderr

    def imported(self, server, *paths, status=0):
        found, out, err = self.run_verb("import", *paths, server=server)
        self.assertEqual(found, status, out + err)
        report = json.loads(out)
        self.assertEqual(bool(report["refused"]), status != 0)
        return report["added"], report["held"], [(one["document"], one["code"]) for one in report["refused"]]

    def held(self, server):
        """SHA-256 of each document that the server says it holds, as the command lists them."""
        status, out, err = self.run_verb("list", "--format", "json", server=server)
        self.assertEqual(status, 0, err)
        return sorted(one["sha256"] for one in json.loads(out)["documents"])

    def ask(self, server, method, path, body=None, **who):
        return server.request(method, path, body, {"Authorization": "Bearer " + self.token(**who)})

    def attest(self, server):
        answer = server.post("/attest/SgxEnclave", {"quote": tokens.encode((VECTORS / QUOTE).read_bytes())})
        return "accepted" if answer.status == 200 else answer.json()["error"]["vidimus"]["where"]

    def of(self, *names):
        return [line(name, (self.collateral / name).read_bytes()) for name in names]

    def write(self, name, content):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def test_the_recorded_folder_is_held_whole_and_judges_and_outlives_a_kill(self):
        server = self.serve()
        self.assertNotEqual(self.attest(server), "accepted")
        began = time.monotonic()
        self.assertEqual(self.imported(server, self.collateral), (len(self.documents), 0, []))
        print(f"imported {len(self.documents)} documents in {time.monotonic() - began:.2f} s", file=sys.stderr)
        self.assertEqual(self.attest(server), "accepted", "as soon as the import is answered")
        wanted = sorted(digest(path.read_bytes()) for path in self.documents)
        self.assertEqual(self.held(server), wanted)
        self.assertEqual(self.imported(server, self.collateral), (0, len(self.documents), []), "nothing is new the second time")
        server.kill()
        server.restart()
        self.assertEqual(self.held(server), wanted)
        self.assertEqual(self.attest(server), "accepted")

    def test_what_was_imported_stays_when_the_configuration_is_read_again(self):
        server = self.serve()
        done = subprocess.run([PROGRAM, "config", "check", "--config", self.folder / "vidimus.toml"], capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.imported(server, self.collateral)
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 60
        while '"read again","files":"endorsements"' not in server.log():
            self.assertLess(time.monotonic(), deadline, server.log())
            time.sleep(0.05)
        self.assertEqual(len(self.held(server)), len(self.documents))

    def test_list_shows_of_a_server_what_it_shows_of_files(self):
        server = self.serve()
        self.imported(server, self.collateral)
        for form in ("text", "json"):
            arguments = ("--format", form, "--at", CLOCK)
            ours = self.run_verb("list", self.collateral, *arguments)
            self.assertEqual(self.run_verb("list", *arguments, server=server), ours)
            self.assertEqual(ours[0], 0, ours[2])

    def test_check_says_whether_what_a_server_holds_is_enough(self):
        server = self.serve()
        needs = ("check", "--for", VECTORS / QUOTE, "--at", CLOCK)
        status, out, err = self.run_verb(*needs, server=server)
        self.assertEqual(status, 1, err)
        self.assertIn("TCB info of FMSPC 00906ed50000: missing", out)
        self.imported(server, self.collateral)
        status, out, err = self.run_verb(*needs, server=server)
        self.assertEqual(status, 0, out + err)
        self.assertIn("complete at", out)

    def test_files_and_a_server_are_not_asked_at_once_and_neither_is_nobody(self):
        for verb in ("list", "check"):
            self.assertEqual(self.run_verb(verb, self.collateral, "--url", "https://localhost")[0], 2)
            status, _, err = self.run_verb(verb)
            self.assertEqual(status, 2)
            self.assertIn("option.url", err)

    def test_an_older_document_is_refused_and_named_and_the_rest_is_taken(self):
        server = self.serve()
        self.assertEqual(self.imported(server, self.write("new", bundle(*self.of(SIGNER, NEWER)))), (1, 0, []))
        old = self.write("old", bundle(*self.of(OLDER, INFO, SIGNER)))
        self.assertEqual(self.imported(server, old, status=1), (1, 0, [(f"{old}: {OLDER}", "endorsement.rollback")]))
        self.assertEqual(len(self.held(server)), 2)

    def test_a_spoiled_signature_is_refused_and_named_and_the_rest_is_taken(self):
        server = self.serve()
        spoiled = self.write("spoiled.json", (self.collateral / NEWER).read_bytes().replace(b'"svn":', b'"svn":1', 1))
        refused = [(str(spoiled), "intel.tcb_info.signature")]
        self.assertEqual(self.imported(server, spoiled, self.collateral / INFO, self.collateral / SIGNER, status=1), (1, 0, refused))
        self.assertEqual(self.imported(server, spoiled, status=1), (0, 0, refused), "alone, when nothing is taken")
        status, out, err = self.run_verb("import", spoiled, server=server)
        self.assertEqual(status, 1, out)
        self.assertIn(f"refused: {spoiled}: signed by none", err)
        self.assertIn("endorsements.refused", err)

    def test_what_is_no_endorsement_and_what_nobody_signed_is_refused_and_named(self):
        server = self.serve()
        junk = self.write("folder/notes.txt", "what I wrote down")
        crl = next(self.collateral.glob("crl/pck_platform_2025*"))
        self.write("folder/pck.der", crl.read_bytes())
        big = self.write("folder/big", b"\0" * (DOCUMENT_BYTES + 1))
        found = self.imported(server, self.folder / "folder", status=1)
        self.assertEqual(found[:2], (0, 0))
        self.assertEqual(sorted(found[2]), [(str(big), "bundle.limit"), (str(junk), "endorsement.unrecognised"),
                                            (str(self.folder / "folder/pck.der"), "endorsement.unsigned_crl")])
        issuer = self.collateral / "chains/pck_crl_issuer_platform.pem"
        self.assertEqual(self.imported(server, self.folder / "folder/pck.der", issuer), (1, 0, []))
        (self.folder / "damaged").write_text(bundle(line("a", b"a")).replace("YQ==", "Yg=="))
        status, _, err = self.run_verb("import", self.folder / "damaged", server=server)
        self.assertEqual(status, 1)
        self.assertIn("bundle.digest", err)

    def test_a_document_verifies_with_a_certificate_that_is_held(self):
        server = self.serve()
        self.imported(server, self.collateral / INFO, self.collateral / SIGNER)
        self.assertEqual(self.imported(server, self.collateral / NEWER), (1, 0, []))

    def test_only_operators_may_and_the_command_says_who_that_is(self):
        server = self.serve()
        for method, path in (("GET", PATH), ("GET", PATH + "/export"), ("POST", PATH)):
            self.assertEqual(self.ask(server, method, path, sub="someone").status, 403)
            self.assertEqual(self.ask(server, method, path, audience=AUDIENCE).status, 401)
            self.assertEqual(server.request(method, path, None, {}).status, 401)
        for verb, arguments in (("import", [self.collateral]), ("export", ["--out", self.folder / "x"]), ("list", []), ("check", [])):
            status, out, err = self.run_verb(verb, *arguments, server=server, sub="someone")
            self.assertEqual((status, out), (1, ""), err)
            self.assertIn("[[auth.operator]]", err)
        self.assertFalse((self.folder / "x").exists())
        self.assertEqual(self.held(server), [])

    def test_a_request_is_taken_at_its_limits_and_not_past_them(self):
        server = self.serve()
        root = next(self.collateral.glob("crl/rootca_2025*")).read_bytes()

        def padded(size):
            empty = len(bundle(line("", root)))
            return bundle(line("x" * (size - empty), root))

        answer = self.ask(server, "POST", PATH, padded(BODY_BYTES))
        self.assertEqual((answer.status, answer.json()), (200, {"added": 1, "held": 0, "refused": []}))
        answer = self.ask(server, "POST", PATH, padded(BODY_BYTES + 1))
        self.assertEqual((answer.status, answer.json()["error"]["vidimus"]["where"]), (413, "net.http.body_size"))
        for count, status in ((DOCUMENTS, 200), (DOCUMENTS + 1, 400)):
            answer = self.ask(server, "POST", PATH, bundle(*[line(str(i), root) for i in range(count)]))
            self.assertEqual(answer.status, status, answer.body[:400])
        self.assertEqual(answer.json()["error"]["vidimus"]["where"], "bundle.limit")
        for size, where in ((DOCUMENT_BYTES, "endorsement.unrecognised"), (DOCUMENT_BYTES + 1, "bundle.limit")):
            answer = self.ask(server, "POST", PATH, bundle(line("zeros", b"\0" * size)))
            self.assertEqual((answer.status, answer.json()["error"]["vidimus"]["where"]), (400, where))
        self.assertEqual(answer.json()["error"]["code"], "InvalidParameter")

    def test_a_request_of_which_nothing_was_taken_says_why_of_each(self):
        server = self.serve()
        answer = self.ask(server, "POST", PATH, bundle(line("one", b"x"), line("two", b"y")))
        error = answer.json()["error"]
        self.assertEqual((answer.status, error["vidimus"]["where"]), (400, "endorsement.unrecognised"))
        self.assertIn("nothing was taken of 2 documents", error["message"])
        self.assertEqual([one["document"] for one in error["vidimus"]["refused"]], ["one", "two"])
        self.assertEqual(self.ask(server, "POST", PATH, "{}").json()["error"]["vidimus"]["where"], "bundle.truncated")
        for query in ("?skip=x", "?skip=-1", "?at=today", "/export?history=1"):
            self.assertEqual(self.ask(server, "GET", PATH + query).status, 400, query)

    def test_more_than_a_request_takes_goes_in_parts_older_documents_first(self):
        server = self.serve()
        for i in range(2):
            self.write(f"junk/{i}", os.urandom(DOCUMENT_BYTES))
        tls_server.make_tls(self.folder / "junk", "stranger")  # a certificate that is nobody's issuer here goes with every part
        (self.folder / "junk/tls.key").unlink()
        status, out, err = self.run_verb("import", self.folder / "junk", self.collateral, server=server)
        self.assertEqual(status, 1, err)
        report = json.loads(out)
        self.assertIn("part 2 of 2", err)
        self.assertEqual((report["added"], len(report["refused"])), (len(self.documents), 3))
        self.assertEqual(self.imported(server, self.collateral), (0, len(self.documents), []))

    def test_many_imports_at_once_add_each_document_once(self):
        server = self.serve()
        crls = [path.relative_to(self.collateral) for path in self.documents if path.parent.name == "crl" and "rootca" in path.name]
        lines = self.of(*(str(path.relative_to(self.collateral)) for path in sorted(self.collateral.rglob("*")) if path.is_file()))
        bodies = [bundle(*lines)] * 6 + [bundle(*self.of(str(one))) for one in crls]
        with concurrent.futures.ThreadPoolExecutor(len(bodies)) as pool:
            answers = list(pool.map(lambda body: self.ask(server, "POST", PATH, body), bodies))
        for answer in answers[:6]:
            self.assertEqual(answer.status, 200, answer.body)
        taken = [answer.json() for answer in answers if answer.status == 200]
        self.assertEqual(sum(one["added"] for one in taken), len(self.held(server)))
        server.kill()
        server.restart()
        self.assertEqual(len(self.held(server)), sum(one["added"] for one in taken))

    def test_what_was_reported_taken_is_held_after_a_kill_in_between(self):
        server = self.serve()
        for i in range(6):
            self.write(f"junk/{i}", os.urandom(DOCUMENT_BYTES))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            running = pool.submit(self.run_verb, "import", self.folder / "junk", self.collateral, server=server)
            while "endorsements imported" not in server.log() and not running.done():
                time.sleep(0.001)
            server.kill()
            status, _, err = running.result()
        self.assertEqual(status, 1, err)
        told = sum(int(one) for one in re.findall(r'"endorsements imported".*?"added":"(\d+)"', server.log()))
        server.restart()
        self.assertGreaterEqual(len(self.held(server)), told)
        self.run_verb("import", self.folder / "junk", self.collateral, server=server)
        self.assertEqual(len(self.held(server)), len(self.documents), "the same command again brings the rest")

    def test_an_export_carries_what_is_current_or_everything_to_another_server(self):
        first = self.serve("first")
        self.imported(first, self.collateral)
        for more, count in ((["--history"], len(self.documents)), ([], None)):
            out = self.write("out", "of before")
            status, _, err = self.run_verb("export", "--output", out, *more, server=first)
            self.assertEqual(status, 0, err)
            self.assertEqual(out.stat().st_mode & 0o777, 0o644)
            second = self.serve("second" + "".join(more))
            added, held, refused = self.imported(second, out)
            self.assertEqual((held, refused), (0, []))
            self.assertEqual(self.attest(second), "accepted")
            self.assertEqual(added, count or added)
        self.assertLess(added, len(self.documents))
        answer = self.ask(first, "GET", PATH + "/export")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/jsonl"))
        names = {json.loads(one)["name"] for one in answer.body.decode().splitlines()[1:-1]}
        self.assertIn("SGX TCB info of FMSPC 00906ed50000, evaluation number 19", names)

    def test_a_file_is_replaced_whole_or_not_at_all(self):
        server = self.serve()
        out = self.write("place/bundle", "of before")
        status, _, err = self.run_verb("export", "--out", out, server=server, sub="someone")
        self.assertEqual((status, out.read_text()), (1, "of before"), err)
        self.assertEqual(self.run_verb("export", "--out", out, server=server)[0], 0)
        self.assertEqual([one.name for one in out.parent.iterdir()], ["bundle"])
        self.assertEqual(self.run_verb("export", "--out", out.parent, server=server)[0], 2)

    def test_a_bundle_is_read_up_to_its_own_limit_and_any_other_file_up_to_its(self):
        signer, *infos = self.of(SIGNER, *[str(path.relative_to(self.collateral)) for path in self.documents if "tdx_v3" in path.name])
        older = self.of("chains/tcb_signing_20180521_20250521.pem")
        each = FILE_BYTES // sum(map(len, infos)) + 1
        large = self.write("large", bundle(signer, *older, *infos * each))
        self.assertGreater(large.stat().st_size, FILE_BYTES)
        status, out, err = self.run_verb("list", large)
        self.assertEqual(status, 0, err)
        self.assertIn(f"{len(infos)} documents", out)
        for name, beginning, most in (("file", b"{", FILE_BYTES), ("bundle", b'{"format":"vidimus-endorsements"', BUNDLE_BYTES)):
            path = self.write(name, beginning)
            for size, where in ((most, "file.size"), (most + 1, None)):
                os.truncate(path, size)
                status, _, err = self.run_verb("list", path)
                self.assertNotEqual(status, 0)
                (self.assertNotIn if where else self.assertIn)("file.size", err)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY, VECTORS = sys.argv[1], sys.argv[2], dev_server.vectors().resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
