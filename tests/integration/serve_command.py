#!/usr/bin/env python3
"""`vidimus serve` as its operator meets it: starting, stopping, what it keeps, and a production configuration.

usage: serve_command.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import calendar
import concurrent.futures
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import ssl
import stat
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tls_server  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
CLOCK_LIBRARY = ""
VECTORS = pathlib.Path()
CLOCK = "2025-06-26T17:19:45Z"
STOP_SECONDS = 2
DAY = 86400
SGX = "/attest/SgxEnclave"


@contextlib.contextmanager
def replaced(path, content):
    """The file with other content, or without any file when that is None, and then as it was."""
    whole = path.read_bytes()
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    try:
        yield
    finally:
        path.write_bytes(whole)


def recorded_quote():
    return tokens.encode((VECTORS / "intel" / "quotes" / "sgx-v3-00906ed50000-azure-intelsdk.bin").read_bytes())


def utc(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class WithFolder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vidimus-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def check_start_failure(self, arguments, status, *texts):
        found, output = dev_server.start_failure(PROGRAM, [str(argument) for argument in arguments])
        for text in texts:
            self.assertIn(text, output)
        self.assertEqual(found, status, output)
        self.assertEqual(output.count("\n"), 1, output)  # one line says it all


class DevServer(WithFolder):
    def dev(self, *arguments):
        return dev_server.Server(PROGRAM, list(arguments), state=self.folder / "state")

    def attest(self, server, quote):
        answer = server.post(SGX, {"quote": quote})
        self.assertEqual(answer.status, 200, answer.body[:600])
        token = answer.json()["token"]
        self.assertTrue(tokens.verifies(token, server.get("/certs").json()["keys"][0]))
        return tokens.split(token)[1]

    def test_sigterm_and_sigint_end_it_with_status_0_at_once(self):
        with self.dev() as server:
            idle = server.connect()
            used = server.connection()
            server.request("GET", "/healthz", connection=used)
            self.assertEqual(server.terminate(STOP_SECONDS), 0)
            self.assertIn('"event":"stopping"', server.log())
            idle.close()
            used.close()
        with self.dev() as server:
            server.process.send_signal(signal.SIGINT)
            self.assertEqual(server.process.wait(STOP_SECONDS), 0)

    def test_sighup_does_not_end_it(self):
        with self.dev() as server:
            server.process.send_signal(signal.SIGHUP)
            time.sleep(0.2)
            self.assertEqual(server.get("/healthz").status, 200)
            self.assertIn("a dev server has no files to read again", server.log())

    def test_a_request_under_way_at_the_end_is_still_answered(self):
        with self.dev() as server:
            body = json.dumps({"quote": server.quote()["quote"]}).encode()
            with server.connect() as client:
                client.sendall(f"POST {SGX} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[:1000])
                time.sleep(0.2)
                server.process.send_signal(signal.SIGTERM)
                time.sleep(0.2)
                client.sendall(body[1000:])
                self.assertTrue(client.recv(65536).startswith(b"HTTP/1.1 200 "))
            self.assertEqual(server.process.wait(STOP_SECONDS), 0)

    def test_keys_and_vendor_are_kept_and_private(self):
        with self.dev() as server:
            keys, authority, quote = server.get("/certs").json(), server.ca_file.read_bytes(), server.quote()["quote"]
            for path in [server.state, *server.state.rglob("*")]:
                self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)
        with self.dev() as server:
            self.assertEqual(server.get("/certs").json()["keys"][0]["kid"], keys["keys"][0]["kid"])
            self.assertEqual(server.ca_file.read_bytes(), authority)
            self.attest(server, quote)
        with dev_server.Server(PROGRAM) as stranger:
            self.assertNotEqual(stranger.get("/certs").json()["keys"][0]["kid"], keys["keys"][0]["kid"])
            refused = stranger.post(SGX, {"quote": quote})
            self.assertEqual((refused.status, refused.json()["error"]["code"]), (400, "InvalidParameter"))

    def test_servers_started_at_once_on_one_fresh_state_have_the_same_keys(self):
        count = 4
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            servers = list(pool.map(lambda _: self.dev().__enter__(), range(count)))
        try:
            self.assertEqual(len({server.get("/certs").json()["keys"][0]["kid"] for server in servers}), 1)
            for server, other in zip(servers, servers[1:] + servers[:1]):
                self.attest(server, other.quote()["quote"])
        finally:
            for server in servers:
                server.__exit__()

    def test_it_attests_a_year_back_and_sixty_days_on(self):
        now = int(time.time())
        for judged in (now - 365 * DAY, now + 60 * DAY):
            with self.subTest(clock=utc(judged)), self.dev("--dev-clock", utc(judged)) as server:
                claims = self.attest(server, server.quote()["quote"])
                self.assertTrue(judged <= claims["iat"] <= judged + 60, claims["iat"])
                self.assertEqual(claims["x-vidimus-mode"], "dev")

    def test_an_issuer_is_taken_as_given(self):
        issuer = "https://" + "a" * 80 + ".example"  # longer than X.509 would have a common name
        port = dev_server.free_port()
        arguments = ["--dev", "--listen", f"127.0.0.1:{port}", "--state", str(self.folder / "state"), "--issuer", issuer]
        with dev_server.Server(PROGRAM, arguments, ca_file=self.folder / "state" / "keys" / "ca.pem", port=port) as server:
            self.assertEqual(server.issuer, issuer)
            self.assertEqual(server.get("/.well-known/openid-configuration").json()["jwks_uri"], issuer + "/certs")

    def test_damaged_state_is_named(self):
        with self.dev():
            pass
        arguments = ["--dev", "--listen", "127.0.0.1:0", "--state", self.folder / "state"]
        for name, where in (("keys", "state.corrupt"), ("sim/intel", "sim.state.corrupt")):
            for path in sorted((self.folder / "state" / name).iterdir()):
                whole = path.read_bytes()
                for content in {b"", whole[: len(whole) // 2], whole.replace(b"M", b"N")} - {whole}:
                    with self.subTest(damaged=path.name, content=content[:80]), replaced(path, content):
                        self.check_start_failure(arguments, 2, where, str(path.parent), "remove")
                with self.subTest(missing=path.name), replaced(path, None):
                    self.check_start_failure(
                        arguments, 2, "state.incomplete" if name == "keys" else where, path.name, str(path.parent), "remove"
                    )
        with dev_server.Server(PROGRAM) as other, replaced(self.folder / "state" / "keys" / "ca.pem", other.ca_file.read_bytes()):
            self.check_start_failure(arguments, 2, "state.corrupt", "another key")
        shutil.rmtree(self.folder / "state")
        (self.folder / "state").write_bytes(b"a file")
        self.check_start_failure(arguments, 2, "state.io", "state")

    def test_a_port_in_use_is_named(self):
        with self.dev() as server:
            self.check_start_failure(
                ["--dev", "--listen", f"127.0.0.1:{server.port}", "--state", server.state], 1, "net.listen", str(server.port)
            )

    def test_an_empty_state_folder_is_no_folder(self):
        self.check_start_failure(["--dev", "--state", ""], 2, "option.state")

    def test_wrong_options_are_named(self):
        for arguments, where in (
            (["--listen", "8443"], "option.listen"),
            (["--listen", "127.0.0.1:99999"], "option.listen"),
            (["--listen", "0.0.0.0:0"], "option.listen"),
            (["--dev-clock", "yesterday"], "time.format"),
            (["--accept-tcb", "Fine"], "option.accept_tcb"),
            (["--expiry", "never"], "option.expiry"),
            (["--refuse", "all"], "option.refuse"),
            (["--endorsements", "/nonexistent"], "file.read"),
            (["--issuer", "x"], "token.signer.issuer"),
            (["--issuer", "http://localhost"], "token.signer.issuer"),
            (["--issuer", "https://localhost/"], "token.signer.issuer"),
            (["--issuer", "https://"], "token.signer.issuer"),
            (["--issuer", "https://:8443"], "token.signer.issuer"),
            (["--issuer", "https://a b"], "token.signer.issuer"),
            (["--listen", "127.1:0"], "option.listen"),
            (["--listen", "300.1.1.1:0"], "option.listen"),
            (["--listen", "0.0.0.0:0", "--dev-remote"], "option.issuer"),
            (["--issuer", "https://localhost?x"], "token.signer.issuer"),
        ):
            with self.subTest(arguments=arguments):
                self.check_start_failure(["--dev", "--state", self.folder / "state", *arguments], 2, where)


class ConfiguredServer(WithFolder):
    """One configuration, then each way to spoil it."""

    def setUp(self):
        super().setUp()
        tls_server.make_tls(self.folder, "localhost")
        self.openssl("rand", "-hex", "-out", "master.key", "32")
        for name in ("tls.key", "master.key"):
            (self.folder / name).chmod(0o600)
        self.config = {
            "": {"listen": '"127.0.0.1:0"', "issuer": '"https://attest.example"', "endorsements": f'["{VECTORS}/intel/collateral"]'},
            "tls": {"certificate": '"tls.pem"', "key": '"tls.key"'},
            "keys": {"master": '"master.key"'},
            "sgx": {"accept_tcb": '["UpToDate", "OutOfDate"]'},
        }

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)

    def write(self):
        path = self.folder / "vidimus.toml"
        lines = []
        for table, keys in self.config.items():
            lines += [f"[{table}]"] if table else []
            lines += [f"{key} = {value}" for key, value in keys.items()]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def serve_at_the_time_of_the_recordings(self):
        """The server, and what its clock said at the start."""
        moment = calendar.timegm(time.strptime(CLOCK, "%Y-%m-%dT%H:%M:%SZ"))
        os.environ["VIDIMUS_TEST_CLOCK"], os.environ["LD_PRELOAD"] = str(moment), CLOCK_LIBRARY
        self.addCleanup(os.environ.pop, "VIDIMUS_TEST_CLOCK")
        port = dev_server.free_port()
        self.config[""]["listen"] = f'"127.0.0.1:{port}"'
        server = dev_server.Server(PROGRAM, ["--config", str(self.write())], ca_file=self.folder / "tls.pem", port=port)
        try:
            server.__enter__()
        finally:
            os.environ.pop("LD_PRELOAD")
        self.addCleanup(server.__exit__)
        return server, moment

    def read_again(self, server, *texts):
        """Sends HUP and waits until lines that are new in the log have all the texts."""
        seen = len(server.log())
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 10
        while not all(text in server.log()[seen:] for text in texts):
            self.assertLess(time.monotonic(), deadline, server.log())
            time.sleep(0.05)

    def check_refused(self, *texts):
        self.check_start_failure(["--config", self.write()], 2, *texts)

    def test_a_complete_configuration_attests_recorded_evidence_and_no_simulated(self):
        server, moment = self.serve_at_the_time_of_the_recordings()
        answer = server.post(SGX, {"quote": recorded_quote(), "runtimeData": {"data": "AQIDBAUG", "dataType": "Binary"}})
        self.assertEqual(answer.status, 200, answer.body[:600])
        header, claims, _ = tokens.split(answer.json()["token"])
        (jwk,) = server.get("/certs").json()["keys"]
        self.assertTrue(tokens.verifies(answer.json()["token"], jwk))
        self.assertEqual((header["kid"], header["jku"]), (jwk["kid"], "https://attest.example/certs"))
        self.assertEqual((claims["iss"], claims["iat"], claims["x-ms-sgx-ehd"]), ("https://attest.example", moment, "AQIDBAUG"))
        self.assertNotIn("x-vidimus-mode", claims)

        self.assertEqual(server.post("/vidimus/v1/sim/sgx/quote", {}).status, 404)
        with dev_server.Server(PROGRAM, ["--dev-clock", CLOCK]) as simulator:
            simulated = simulator.quote()["quote"]
            self.assertEqual(simulator.post(SGX, {"quote": simulated}).status, 200)
        refused = server.post(SGX, {"quote": simulated})
        self.assertEqual((refused.status, refused.json()["error"]["vidimus"]["where"]), (400, "intel.root.untrusted"))

    def test_an_empty_list_of_advisories_accepts_none(self):
        self.config["sgx"]["accept_advisories"] = "[]"
        server, _ = self.serve_at_the_time_of_the_recordings()
        refused = server.post(SGX, {"quote": recorded_quote()})
        self.assertEqual((refused.status, refused.json()["error"]["vidimus"]["where"]), (400, "sgx.tcb.advisories"))

    def test_sighup_shows_a_renewed_certificate_to_new_connections_and_keeps_the_others(self):
        server, _ = self.serve_at_the_time_of_the_recordings()
        old = server.connection()
        self.assertEqual(server.request("GET", "/healthz", connection=old).status, 200)
        tls_server.make_tls(self.folder, "localhost")
        self.read_again(server, '"read again"', '"files":"certificates"', '"files":"endorsements"')
        server.tls = ssl.create_default_context(cafile=str(self.folder / "tls.pem"))
        self.assertEqual(server.get("/healthz").status, 200)
        self.assertEqual(server.request("GET", "/healthz", connection=old).status, 200)
        old.close()

    def test_sighup_with_files_that_are_not_right_leaves_those_of_before_in_force(self):
        server, _ = self.serve_at_the_time_of_the_recordings()
        whole = (self.folder / "tls.pem").read_bytes()
        with replaced(self.folder / "tls.pem", whole[: len(whole) // 2]):
            self.read_again(server, "stay in force", '"where":"net.tls.certificate"', '"files":"endorsements"')
        with replaced(self.folder / "tls.key", None):
            self.read_again(server, "stay in force", '"where":"file.read"')
        with replaced(self.folder / "vidimus.toml", b"listen = "):
            self.read_again(server, "stay in force", '"where":"config.syntax"')
        with replaced(self.folder / "vidimus.toml", None):
            self.read_again(server, "stay in force", '"where":"file.read"')
        self.assertEqual(server.get("/healthz").status, 200)
        self.assertEqual(server.post(SGX, {"quote": recorded_quote()}).status, 200)

    def test_sighup_judges_by_what_intel_has_published_since(self):
        held = self.folder / "held"
        shutil.copytree(VECTORS / "intel" / "collateral", held)
        (held / "tcbinfo").rename(self.folder / "published-later")
        (held / "tcbinfo").mkdir()
        some = next(path for path in (self.folder / "published-later").iterdir() if "sgx" in path.name and "00906ed50000" not in path.name)
        shutil.copy(some, held / "tcbinfo")
        self.config[""]["endorsements"] = '["held"]'
        server, _ = self.serve_at_the_time_of_the_recordings()
        refused = server.post(SGX, {"quote": recorded_quote()})
        self.assertEqual(refused.status, 400)
        shutil.rmtree(held / "tcbinfo")
        self.read_again(server, "stay in force", '"where":"intel.held"')
        shutil.copytree(self.folder / "published-later", held / "tcbinfo")
        self.read_again(server, '"read again","files":"endorsements"')
        self.assertEqual(server.post(SGX, {"quote": recorded_quote()}).status, 200)

    def test_each_configuration_that_the_guides_show_serves(self):
        guides = pathlib.Path(__file__).resolve().parent.parent.parent / "docs" / "guide"
        shown = [block for page in sorted(guides.glob("*.md")) for block in re.findall(r"^```toml\n(.*?)^```$", page.read_text(), re.M | re.S)]
        shown = [block for block in shown if not block.startswith("[keys]")]  # of a PKCS #11 token: pkcs11_signing.py has one
        self.assertGreaterEqual(len(shown), 5)
        shutil.copy(self.folder / "tls.pem", self.folder / "internal-ca.pem")
        port = dev_server.free_port()
        self.config[""]["listen"] = f'"127.0.0.1:{port}"'
        for block in shown:
            with self.subTest(block=block):
                path = self.write()
                path.write_text(path.read_text() + block)
                with dev_server.Server(PROGRAM, ["--config", str(path)], ca_file=self.folder / "tls.pem", port=port) as server:
                    self.assertEqual(server.get("/healthz").status, 200)

    def test_limits_of_one_address_hold_and_say_when_to_come_back(self):
        self.config["limits.address"] = {"per_second": "0.1", "burst": "2.0", "concurrent": "1"}
        server, _ = self.serve_at_the_time_of_the_recordings()
        answers = [server.post(SGX, {"quote": recorded_quote()}) for _ in range(3)]
        self.assertEqual([answer.status for answer in answers], [200, 200, 429])
        self.assertEqual(answers[2].json()["error"]["vidimus"]["where"], "request.rate")
        self.assertIn(int(answers[2].headers["Retry-After"]), range(1, 11))

    def test_each_missing_key_is_named(self):
        for table, key in (
            ("", "listen"),
            ("", "issuer"),
            ("", "endorsements"),
            ("tls", "certificate"),
            ("tls", "key"),
            ("keys", "master"),
        ):
            with self.subTest(missing=f"{table}.{key}"):
                value = self.config[table].pop(key)
                self.check_refused("config.missing", f'"{table}.{key}"' if table else f'"{key}"')
                self.config[table][key] = value
        self.config = {}
        self.check_refused("config.missing")

    def test_endorsements_that_can_judge_nothing_are_refused(self):
        (self.folder / "empty").mkdir()
        self.config[""]["endorsements"] = '["empty"]'
        self.check_start_failure(["--config", self.write()], 1, "intel.held", "no TCB info")

    def test_unknown_keys_and_tables_are_named(self):
        for table, key, name in (
            ("", "lisen", "lisen"),
            ("tls", "keys", "tls.keys"),
            ("sgx", "accept", "sgx.accept"),
            ("tpm", "roots", "tpm"),
            ("policy", "Other", "policy"),
        ):
            with self.subTest(unknown=name):
                whole = {inner: dict(values) for inner, values in self.config.items()}
                self.config.setdefault(table, {})[key] = '"x"'
                self.check_refused("config.unknown", f'"{name}"')
                self.config = whole

    def test_values_of_wrong_kinds_are_named(self):
        for table, key, value, where in (
            ("", "listen", "8443", "config.type"),
            ("", "listen", '"8443"', "option.listen"),
            ("", "endorsements", '"x"', "config.type"),
            ("", "endorsements", "[1]", "config.type"),
            ("tls", "key", "[]", "config.type"),
            ("", "issuer", '"http://attest.example"', "token.signer.issuer"),
            ("", "explain", '"some"', "config.type"),
            ("sgx", "accept_tcb", '["Revoked"]', "option.accept_tcb"),
            ("sgx", "accept_tcb", "[]", "config.type"),
            ("sgx", "expiry", '"off"', "option.expiry"),
            ("limits.drafts", "per_second", "nan", "config.type"),
            ("limits.drafts", "per_second", "inf", "config.type"),
            ("limits.drafts", "burst", "-1", "config.type"),
            ("limits.instance", "burst", '"1"', "config.type"),
            ("limits.instance", "concurrent", "1.5", "config.type"),
            ("limits.management", "concurrent", "-1", "config.type"),
            ("limits.management", "rate", "1", "config.unknown"),
            ("limits.tokens", "burst", "1", "config.unknown"),
            ("", "endorsements", '["/nonexistent"]', "file.read"),
            ("tls", "certificate", '"/nonexistent"', "file.read"),
            ("", "tls", "1", "config"),
        ):
            with self.subTest(key=f"{table}.{key}", value=value):
                whole = {inner: dict(values) for inner, values in self.config.items()}
                self.config.setdefault(table, {})[key] = value
                if key == "tls":
                    del self.config["tls"]
                self.check_refused(where)
                self.config = whole
        (self.folder / "vidimus.toml").write_text("listen = \n", encoding="utf-8")
        self.check_start_failure(["--config", self.folder / "vidimus.toml"], 2, "config.syntax", "line 1")
        self.check_start_failure(["--config", self.folder / "none.toml"], 2, "file.read", "none.toml")

    def test_keys_that_others_can_read_are_refused(self):
        for name in ("tls.key", "master.key"):
            for mode in (0o644, 0o640, 0o604):
                with self.subTest(key=name, mode=oct(mode)):
                    (self.folder / name).chmod(mode)
                    self.check_refused("config.key_file", name)
            (self.folder / name).chmod(0o600)

    def test_keys_of_a_dev_server_are_refused(self):
        with dev_server.Server(PROGRAM) as server:
            shutil.copy(server.state / "keys" / "master.key", self.folder / "master.key")
            self.check_refused("config.key_file", "master.key")

    def test_keys_that_cannot_serve_are_refused(self):
        whole = (self.folder / "master.key").read_bytes()
        for content in (
            b"",
            b"nonsense",
            whole[: len(whole) // 2],
            (self.folder / "tls.key").read_bytes(),
            (self.folder / "tls.pem").read_bytes(),
            b"0" * 63,
        ):
            with self.subTest(content=content[:40]):
                (self.folder / "master.key").write_bytes(content)
                self.check_refused("config.key_file", "master.key")
        (self.folder / "master.key").write_bytes(whole)
        self.openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "tls.key")  # not the certificate's
        status, output = dev_server.start_failure(PROGRAM, ["--config", str(self.write())])
        self.assertIn(status, (1, 2))
        self.assertIn("net.tls.certificate", output)

    def test_the_choice_of_mode_is_the_operators(self):
        for arguments in (
            [],
            ["--dev", "--config", str(self.write())],
            ["--config", str(self.write()), "--dev-clock", CLOCK],
            ["--dev-clock", CLOCK],
        ):
            status, _ = dev_server.start_failure(PROGRAM, arguments)
            self.assertNotEqual(status, 0)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY, VECTORS = sys.argv[1], sys.argv[2], dev_server.vectors().resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
