#!/usr/bin/env python3
"""Signing in to manage a service, and services that are down, busy, something else, or not believed.

usage: manage_sign_in.py VIDIMUS_PROGRAM
"""

import http.server
import json
import os
import pathlib
import ssl
import stat
import subprocess
import sys
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import managed_service  # noqa: E402
import tokens  # noqa: E402


class Login(managed_service.Commands):
    def profile(self):
        return self.config / "vidimus" / "profile.json"

    def tearDown(self):
        self.run_command("logout")

    def test_the_profile_is_private_and_gone_after_logout(self):
        made = self.log_in()
        self.assertEqual((made["profile"], made["authority"], made["url"]), (str(self.profile()), self.authority, self.server.issuer))
        self.assertEqual(stat.S_IMODE(self.profile().stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.profile().parent.stat().st_mode), 0o700)
        self.assertEqual([path.name for path in self.profile().parent.iterdir()], ["profile.json"])
        self.assertEqual(len(self.succeed("keys", "list")), 1)
        self.assertTrue(self.succeed("logout")["deleted"])
        self.assertFalse(self.profile().exists())
        self.assertFalse(self.succeed("logout")["deleted"])

    def test_a_client_of_any_openid_provider_signs_in(self):
        secret = self.folder / "secret"
        secret.write_text(self.secret + "\n", encoding="utf-8")
        who = ["login", "--authority", self.authority, "--client-id", self.client["client_id"], "--ca", self.server.ca_file]
        made = self.succeed(*who, "--client-secret-file", secret, "--url", self.server.issuer)
        self.assertEqual(made["managementUrl"], self.server.issuer)
        self.assertEqual(self.succeed("policy", "history", "--type", "TdxVm")["history"], [])
        self.succeed(*who, VIDIMUS_CLIENT_SECRET=self.secret)
        self.fail_with(2, "say --url URL", "keys", "list")
        self.succeed("keys", "list", "--url", self.server.issuer)
        self.succeed(*who, "--profile", self.folder / "other", "--client-secret-file", "-", "--url", self.server.issuer, stdin=self.secret)
        self.run_command("logout")
        self.succeed("keys", "list", "--profile", self.folder / "other")

    def test_a_client_that_is_refused_keeps_no_profile(self):
        who = ["login", "--authority", self.authority, "--client-id", self.client["client_id"], "--ca", self.server.ca_file]
        self.fail_with(1, "invalid_client", *who, VIDIMUS_CLIENT_SECRET="wrong" * 9)
        self.fail_with(2, "--client-secret-file", *who)
        self.fail_with(2, "--client-secret-file", *who, VIDIMUS_CLIENT_SECRET="\n")
        self.fail_with(1, "client.authority", *who[:2], self.server.issuer + "/other", *who[3:], VIDIMUS_CLIENT_SECRET="x")
        self.fail_with(1, "net.fetch.tls", *who[:-2], VIDIMUS_CLIENT_SECRET="x")
        self.fail_with(2, "file.read", *who[:-1], self.folder / "none", VIDIMUS_CLIENT_SECRET="x")
        self.fail_with(2, "https://", *who[:2], "http://localhost", *who[3:], VIDIMUS_CLIENT_SECRET="x")
        self.fail_with(2, "file.read", "login", "--dev", self.folder)
        self.assertFalse(self.profile().exists())

    def test_the_secret_is_not_taken_as_an_argument(self):
        for option in ("--client-secret", "--secret", "--password"):
            status, _, _ = self.run_command("login", "--authority", self.authority, "--client-id", "x", option, "y")
            self.assertEqual(status, 2, option)

    def test_a_secret_that_was_changed_says_to_log_in_again(self):
        self.log_in()
        kept = json.loads(self.profile().read_text(encoding="utf-8"))
        self.profile().write_text(json.dumps(kept | {"clientSecret": "changed"}), encoding="utf-8")
        self.assertIn("run `vidimus login`", self.fail_with(1, "client.sign_in", "keys", "list"))

    def test_no_profile_says_to_log_in(self):
        self.fail_with(2, "run `vidimus login` (profile.missing)", "policy", "show", "--type", "SgxEnclave")
        self.fail_with(2, "profile.place", "keys", "list", XDG_CONFIG_HOME="", HOME="")

    def test_a_profile_that_others_can_read_is_refused(self):
        self.log_in()
        for mode in (0o640, 0o604, 0o660, 0o602):
            self.profile().chmod(mode)
            self.assertIn("chmod 600", self.fail_with(2, "profile.open", "keys", "list"))
        self.profile().chmod(0o600)
        self.succeed("keys", "list")
        if os.geteuid() == 0:
            os.chown(self.profile(), 1, 1)
            self.fail_with(2, "belongs to someone else", "keys", "list")

    def test_a_profile_that_is_none_is_refused_and_not_shown(self):
        self.log_in()
        whole = self.profile().read_text(encoding="utf-8")
        for text in ("", whole[:-20], "[]", "{}", "null", '{"authority":1}', "x" * 70000, whole + "x"):
            self.profile().write_text(text, encoding="utf-8")
            self.fail_with(2, "profile.corrupt", "keys", "list")
        self.profile().unlink()
        self.profile().mkdir(mode=0o700)
        self.assertEqual(self.run_command("keys", "list")[0], 2)
        self.profile().rmdir()

    def test_a_token_got_elsewhere_needs_no_profile(self):
        body = f"grant_type=client_credentials&scope=https%3A%2F%2Fattest.azure.net%2F.default&client_id={self.client['client_id']}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.server.post("/dev/oauth2/v2.0/token", body + "&client_secret=" + self.secret, headers).json()
        where = ["keys", "list", "--url", self.server.issuer, "--ca", self.server.ca_file]
        self.assertEqual(len(self.succeed(*where, VIDIMUS_ACCESS_TOKEN=answer["access_token"] + "\n")), 1)
        error = self.fail_with(1, "HTTP status 401", *where, VIDIMUS_ACCESS_TOKEN="a.b.c")
        self.assertIn("get another VIDIMUS_ACCESS_TOKEN", error)
        self.fail_with(2, "net.fetch.protocol", *where, VIDIMUS_ACCESS_TOKEN="a\nb")

    def test_usage_errors_say_so(self):
        for arguments in (["login"], ["login", "--authority", "https://x"], ["login", "--dev", "a", "--client-id", "b"],
                          ["login", "--dev", "a", "--authority", "https://x", "--client-id", "b"],
                          ["policy", "set", "--type", "SgxEnclave"], ["policy", "show"], ["policy", "show", "--type", "Sgx"],
                          ["policy", "rollback", "--type", "Tpm"], ["policy", "rollback", "--type", "Tpm", "--version", "-1"],
                          ["signer"], ["signer", "add"], ["keys", "rotate", "--yes"], ["instance", "update", "-n", "x", "-g", "y"],
                          ["instance", "settings", "set"]):
            self.assertEqual(self.run_command(*arguments)[0], 2, arguments)


class Fake(http.server.BaseHTTPRequestHandler):
    """Answers every request as the class says: (status, headers, body), the last for ever."""

    answers = []
    asked = []

    def do_GET(self):
        self.asked.append(f"{self.command} {self.path}")
        status, headers, body = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # a client that has read enough

    do_PUT = do_POST = do_GET

    def log_message(self, *unused):
        pass


class Lies(managed_service.Managed):
    """Services that are down, busy, something else, or not believed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost", "-keyout", cls.folder / "fake.key", "-out", cls.folder / "fake.pem"],
                       check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.folder / "fake.pem", cls.folder / "fake.key")
        cls.fake = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fake)
        cls.fake.socket = context.wrap_socket(cls.fake.socket, server_side=True)
        threading.Thread(target=cls.fake.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.fake.server_close)
        cls.addClassCleanup(cls.fake.shutdown)
        cls.where = ["--url", f"https://localhost:{cls.fake.server_port}", "--ca", str(cls.folder / "fake.pem")]

    def lie(self, text, *answers, command=("policy", "show", "--type", "SgxEnclave")):
        Fake.answers, Fake.asked = list(answers), []
        return self.fail_with(1, text, *command, *self.where, VIDIMUS_ACCESS_TOKEN="token")

    def test_what_is_no_attestation_service_is_not_believed(self):
        for status, body in ((200, b"<html>"), (404, b"not here"), (302, b""), (200, b"{}"), (200, b'{"token":1}'), (500, b"[]")):
            self.lie("client.answer", (status, {"Location": self.server.issuer, "Retry-After": "0"}, body))
        self.lie("net.fetch.too_large", (200, {}, b"x" * (5 * 1024 * 1024)))

    def test_an_answer_that_the_instance_did_not_sign_is_not_believed(self):
        real = self.succeed("signer", "list")["Jwt"]
        keys = self.server.get("/certs").body
        answer = (200, {}, json.dumps({"token": real}).encode())
        self.lie("token.issuer", answer, (200, {}, keys))
        header, payload, signature = real.split(".")
        flipped = ".".join([header, payload, ("A" if signature[0] != "A" else "B") + signature[1:]])
        self.lie("token.signature", (200, {}, json.dumps({"token": flipped}).encode()), (200, {}, keys))
        self.lie("relying_party.keys", answer, (404, {}, b""))
        unsigned = tokens.encode(b'{"alg":"none"}') + "." + payload + "."
        self.lie("token.algorithm", (200, {}, json.dumps({"token": unsigned}).encode()), (200, {}, keys))

    def test_a_busy_service_is_asked_again_three_times_in_all(self):
        busy = (503, {"Retry-After": "0"}, b'{"error":{"code":"ServiceUnavailable","message":"\x1b[31mbusy"}}'.replace(b"\x1b", b"\\u001b"))
        error = self.lie("HTTP status 503", busy)
        self.assertEqual(len(Fake.asked), 3)
        self.assertNotIn("\x1b", error)
        self.lie("HTTP status 500", (500, {}, b'{"error":{"message":"no"}}'), command=("keys", "rotate"))
        self.assertEqual(len(Fake.asked), 1)

    def test_a_server_that_is_not_there_is_named(self):
        where = f"https://localhost:{dev_server.free_port()}"
        error = self.fail_with(1, "net.fetch.connect", "keys", "list", "--url", where)
        self.assertIn(where, error)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    managed_service.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
