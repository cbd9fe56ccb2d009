#!/usr/bin/env python3
"""A service whose tokens are signed by a key that was made in a PKCS #11 token and never leaves it: SoftHSM.

usage: pkcs11_signing.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY

Judges a recorded quote in June 2025, since its endorsements hold for weeks only. A dev server beside it is the OpenID issuer.
"""

import calendar
import concurrent.futures
import json
import os
import pathlib
import shutil
import sqlite3
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
MODULE = "/usr/lib/softhsm/libsofthsm2.so"
PIN, LABEL = "48151623", "vidimus"
SGX = "/attest/SgxEnclave"
RETRY_SECONDS = 12  # a service looks for a lost token every ten
REQUESTS, CLIENTS = 150, 3

# PKCS #11 attributes, and how SoftHSM 2 writes them into a file: type, kind and value, each number of eight octets in network order.
CKA_CLASS, CKA_LABEL, CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_NEVER_EXTRACTABLE = 0x0, 0x3, 0x103, 0x162, 0x164
CKO_PRIVATE_KEY = 3
BOOLEAN, NUMBER, OCTETS = 1, 2, 3


def attributes(path):
    """Of an object of SoftHSM; octets of a private one are encrypted."""
    data, at, out = path.read_bytes(), 8, {}
    while at < len(data):
        name, kind = (int.from_bytes(data[at + 8 * i : at + 8 * i + 8], "big") for i in (0, 1))
        at += 16
        if kind == BOOLEAN:
            out[name], at = data[at] != 0, at + 1
        elif kind == NUMBER:
            out[name], at = int.from_bytes(data[at : at + 8], "big"), at + 8
        else:
            size = int.from_bytes(data[at : at + 8], "big")
            out[name], at = data[at + 8 : at + 8 + size], at + 8 + size
            if kind != OCTETS:
                return out  # mechanisms, which nothing here asks for
    return out


class Pkcs11Signing(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vidimus-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.tokens = self.folder / "tokens"
        self.tokens.mkdir()
        (self.folder / "softhsm2.conf").write_text(f"directories.tokendir = {self.tokens}\nlog.level = ERROR\n")
        moment = calendar.timegm(time.strptime(CLOCK, "%Y-%m-%dT%H:%M:%SZ"))
        self.set_environment(SOFTHSM2_CONF=str(self.folder / "softhsm2.conf"), VIDIMUS_TEST_CLOCK=str(moment))
        self.run_quietly("softhsm2-util", "--init-token", "--free", "--label", LABEL, "--so-pin", "12345678", "--pin", PIN)
        tls_server.make_tls(self.folder, "localhost")
        self.run_quietly("openssl", "rand", "-hex", "-out", "master.key", "32")
        (self.folder / "pin").write_text(PIN + "\n")
        for name in ("master.key", "pin"):
            (self.folder / name).chmod(0o600)
        self.port, self.files_port, self.health_port = (dev_server.free_port() for _ in range(3))
        self.keys = {"master": "master.key", "pkcs11_module": MODULE, "pkcs11_token": LABEL, "pkcs11_pin": "pin"}

    def set_environment(self, **variables):
        for name, value in variables.items():
            os.environ[name] = value
            self.addCleanup(os.environ.pop, name, None)

    def run_quietly(self, *command):
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def start(self, server):
        """On the recorded day, for as long as it runs."""
        os.environ["LD_PRELOAD"] = CLOCK_LIBRARY
        try:
            server.__enter__()
        finally:
            os.environ.pop("LD_PRELOAD")
        self.addCleanup(server.__exit__)
        return server

    def configuration(self):
        path = self.folder / "vidimus.toml"
        lines = [
            f'listen = "127.0.0.1:{self.port}"',
            f'issuer = "https://localhost:{self.port}"',
            f'endorsements = ["{VECTORS}/intel/collateral"]',
            '[tls]\ncertificate = "tls.pem"\nkey = "tls.key"',
            '[sgx]\naccept_tcb = ["UpToDate", "OutOfDate"]',
            f'[health]\nlisten = "127.0.0.1:{self.health_port}"',
            f'[[instances.listener]]\ninstance = "files"\nlisten = "127.0.0.1:{self.files_port}"\n'
            f'url = "https://localhost:{self.files_port}"',
            "[keys]",
            *[f'{name} = "{value}"' for name, value in self.keys.items()],
        ]
        if hasattr(self, "authority"):
            issuer = f"{self.authority.issuer}/dev/v2.0"
            trusted = f'[[auth.issuer]]\nissuer = "{issuer}"\nca = "{self.authority.ca_file}"'
            lines += [trusted, f'[[auth.operator]]\nissuer = "{issuer}"\nclaim = "sub"\nvalue = "{self.client_id}"']
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def serve(self):
        arguments = ["--config", str(self.configuration())]
        return self.start(dev_server.Server(PROGRAM, arguments, ca_file=self.folder / "tls.pem", port=self.port))

    def sign_in(self):
        self.authority = self.start(dev_server.Server(PROGRAM))
        self.client_id = json.loads((self.authority.state / "client.json").read_text(encoding="utf-8"))["client_id"]
        self.bearer = self.authority.bearer()

    def call(self, server, method, path, body=None, expect=200, port=None):
        connection = server.connection(port)
        answer = server.request(method, path, body, self.bearer, connection)
        connection.close()
        self.assertEqual(answer.status, expect, answer.body[:600])
        return answer.json()

    def use_token(self, server):
        """A key made in the token signs from now on."""
        grants = [{"issuer": f"{self.authority.issuer}/dev/v2.0", "claim": "sub", "value": self.client_id, "role": "owner"}]
        self.call(server, "PATCH", "/vidimus/v1/settings", {"keySource": "pkcs11", "grants": grants})
        return self.call(server, "POST", "/vidimus/v1/keys:rotate", {"emergency": True})["added"]

    def attest(self, server, port=None, connection=None):
        quote = (VECTORS / "intel" / "quotes" / "sgx-v3-00906ed50000-azure-intelsdk.bin").read_bytes()
        used = connection or server.connection(port)
        answer = server.request("POST", SGX, {"quote": tokens.encode(quote)}, None, used)
        if connection is None:
            used.close()
        return answer

    def check_signs(self, server, kid):
        answer = self.attest(server)
        self.assertEqual(answer.status, 200, answer.body[:600])
        token = answer.json()["token"]
        self.assertEqual(tokens.split(token)[0]["kid"], kid)
        (jwk,) = [key for key in server.get("/certs").json()["keys"] if key["kid"] == kid]
        self.assertTrue(tokens.verifies(token, jwk))

    def readiness(self, server):
        return self.call(server, "GET", "/readyz", port=self.health_port)

    def check_start_refused(self, *texts):
        status, output = dev_server.start_failure(PROGRAM, ["--config", str(self.configuration())])
        self.assertNotEqual(status, 0)
        for text in texts:
            self.assertIn(text, output)
        self.assertNotIn(PIN, output)

    def private_objects(self):
        found = [attributes(path) for path in self.tokens.glob("*/*.object") if path.name != "token.object"]
        return [one for one in found if one.get(CKA_CLASS) == CKO_PRIVATE_KEY]

    def check_key_stays_in_the_token(self, kid):
        objects = self.private_objects()
        self.assertTrue(objects)
        for one in objects:
            self.assertTrue(one[CKA_SENSITIVE])
            self.assertFalse(one[CKA_EXTRACTABLE])
            self.assertTrue(one[CKA_NEVER_EXTRACTABLE])
        with sqlite3.connect(f"file:{self.folder}/vidimus.db?mode=ro", uri=True) as store:
            (secret,) = store.execute("SELECT secret FROM signing_key WHERE kid = ?", (kid,)).fetchone()
        self.assertRegex(bytes(secret).decode(), "^vidimus default [0-9a-f]{16}$")  # the label in the token, and nothing of the key

    def test_a_key_made_in_the_token_signs_stays_there_and_is_rotated_and_found_after_a_restart(self):
        self.sign_in()
        server = self.serve()
        first = self.use_token(server)
        self.assertEqual(first["source"], "pkcs11")
        self.check_signs(server, first["kid"])
        self.check_key_stays_in_the_token(first["kid"])
        second = self.call(server, "POST", "/vidimus/v1/keys:rotate", {"emergency": True})["added"]
        self.assertNotEqual(second["kid"], first["kid"])
        self.check_signs(server, second["kid"])
        self.assertEqual(len(self.private_objects()), 2)
        self.call(server, "POST", "/vidimus/v1/keys:rotate", {})
        self.assertEqual({key["source"] for key in self.call(server, "GET", "/vidimus/v1/keys")["keys"]}, {"pkcs11", "wrapped"})
        self.assertNotIn(PIN, server.log())
        server.__exit__()

        server = self.serve()
        self.check_signs(server, second["kid"])
        self.assertEqual(self.readiness(server)["status"], "ready")
        server.__exit__()

        for name in ("pkcs11_module", "pkcs11_token", "pkcs11_pin"):
            self.keys.pop(name)
        self.check_start_refused("keys.pkcs11")

    def test_a_token_that_goes_away_while_serving_is_told_and_found_again(self):
        self.sign_in()
        server = self.serve()
        kid = self.use_token(server)["kid"]
        self.check_signs(server, kid)
        away = self.folder / "away"
        self.tokens.rename(away)
        for _ in range(2):
            refused = self.attest(server)
            self.assertEqual((refused.status, refused.headers["Retry-After"]), (503, "1"), refused.body[:600])
            self.assertEqual(refused.json()["error"]["vidimus"]["where"], "keys.out_of_reach")
            self.assertEqual(self.call(server, "GET", "/policies/SgxEnclave", expect=503)["error"]["vidimus"]["where"], "keys.out_of_reach")
            time.sleep(1)
        state = self.readiness(server)
        self.assertEqual((state["status"], state["keysOutOfReach"], state["unusable"]), ("degraded", 1, 0))
        self.assertEqual([key["kid"] for key in server.get("/certs").json()["keys"]], [kid])  # tokens of before are still checked
        self.assertIn("crypto.pkcs11.", server.log())

        away.rename(self.tokens)
        deadline = time.monotonic() + RETRY_SECONDS
        while self.readiness(server)["status"] != "ready" and time.monotonic() < deadline:
            time.sleep(0.5)
        self.check_signs(server, kid)
        self.assertEqual(self.readiness(server)["keysOutOfReach"], 0)

    def test_an_owner_can_do_without_a_token_that_is_away(self):
        self.sign_in()
        server = self.serve()
        lost = self.use_token(server)["kid"]
        self.tokens.rename(self.folder / "away")
        self.assertEqual(self.attest(server).status, 503)
        self.call(server, "PATCH", "/vidimus/v1/settings", {"keySource": "wrapped"})
        self.assertEqual([key["kid"] for key in server.get("/certs").json()["keys"]], [lost])
        kid = self.call(server, "POST", "/vidimus/v1/keys:rotate", {"emergency": True})["added"]["kid"]
        self.check_signs(server, kid)
        self.assertEqual(self.readiness(server)["status"], "ready")
        server.__exit__()
        self.check_start_refused("crypto.pkcs11.")

    def test_a_token_that_does_not_open_stops_the_start_and_says_why(self):
        (self.folder / "pin").write_text("00000000\n")
        self.check_start_refused("crypto.pkcs11.login")
        (self.folder / "pin").write_text(PIN)
        (self.folder / "pin").chmod(0o644)
        self.check_start_refused("config.key_file", "pin")
        (self.folder / "pin").chmod(0o600)
        for name, value, where in (
            ("pkcs11_token", "another", "crypto.pkcs11.token"),
            ("pkcs11_module", "/nonexistent.so", "crypto.pkcs11.module"),
            ("pkcs11_pin", "nothing", "file.read"),
        ):
            with self.subTest(name):
                whole = dict(self.keys)
                self.keys[name] = value
                self.check_start_refused(where)
                self.keys = whole
        self.keys.pop("pkcs11_pin")
        self.check_start_refused("config.missing", "pkcs11_pin")

    def rate(self, server, port):
        """Attestations a second, of several clients."""

        def ask(_):
            connection = server.connection(port)
            statuses = {self.attest(server, connection=connection).status for _ in range(REQUESTS // CLIENTS)}
            connection.close()
            return statuses

        began = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            self.assertEqual(set().union(*pool.map(ask, range(CLIENTS))), {200})
        return REQUESTS / (time.monotonic() - began)

    def test_it_tells_its_speed_beside_that_of_a_key_in_a_file(self):
        self.sign_in()
        server = self.serve()
        self.bearer = self.authority.bearer("https://management.azure.com")
        path = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Attestation/attestationProviders/files?api-version=2021-06-01"
        self.call(server, "PUT", path, {"location": "local"}, expect=201)
        self.bearer = self.authority.bearer()
        self.use_token(server)
        rates = {"token": [], "file": []}
        for _ in range(3):
            rates["token"].append(self.rate(server, self.port))
            rates["file"].append(self.rate(server, self.files_port))
        ratio = sorted(rates["token"])[1] / sorted(rates["file"])[1]
        print(f"attest rate with a key in SoftHSM: {ratio:.2f} of that with a key in a file ({CLIENTS} clients)", file=sys.stderr)
        self.assertGreater(ratio, 0.05)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY, VECTORS = sys.argv[1], sys.argv[2], dev_server.vectors().resolve()
    if shutil.which("softhsm2-util") is None or not pathlib.Path(MODULE).exists():
        dev_server.skip("keys in PKCS #11 tokens: there is no softhsm2")
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
