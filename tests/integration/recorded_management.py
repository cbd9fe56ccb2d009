#!/usr/bin/env python3
"""Every recorded call about policies and policy signers, sent verbatim to a dev server: the answers must be the same.

usage: recorded_management.py VIDIMUS_PROGRAM

The recordings are those of VIDIMUS_VECTORS/maa/recordings-cpp. An instance without signers stands for the recorded AAD one, the default
instance for the shared one, and an instance with the recorded signer for the isolated one. What clients sent signed is signed still: no
private key is needed to send it again.

What cannot be sent again, because the recordings lack it:
  - the bodies of BatchPolicyOperations, which recorded answers only. The AAD one's policy is found by the hash that its answer states
    and a reset without signature is always the same text, so both are sent. The isolated one's are signed by a key that is nowhere.
  - Authorization, which was removed; each call has a token of the dev authority.
What answers differently on purpose: the default policy of Tpm. Microsoft's is empty; ours says that it permits nothing.
"""

import base64
import collections
import hashlib
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
VECTORS = pathlib.Path()
INSTANCES = ("recorded-aad", "recorded-isolated")
NO_TPM_POLICY = "eyJhbGciOiJub25lIn0.."
UNSIGNED_RESET = "eyJhbGciOiJub25lIn0.."
LIFETIME = 3600
OF_THE_MOMENT = {"exp", "iat", "nbf", "iss"}

# What is replayed, by method and path: a test that finds fewer recordings than there are must not pass.
EXPECTED = {
    "GET /certs": 24,
    "GET /policies": 16,
    "PUT /policies": 7,
    "POST /policies:reset": 7,
    "GET /certificates": 3,
    "POST /certificates:add": 2,
}
NOT_REPRODUCIBLE = 2  # the isolated batch
OF_ATTESTATION = 1  # POST /attest/Tpm, in a recording that sets a policy first


def bare(path):
    return path.split("?", 1)[0]


def kind_of(exchange):
    """Method and path without the attestation type."""
    path = bare(exchange["path"])
    if path.startswith("/policies/"):
        path = "/policies" + (":reset" if path.endswith(":reset") else "")
    return f"{exchange['method']} {path}"


def body_of(exchange, name):
    return json.loads(exchange[name]) if isinstance(exchange[name], str) else exchange[name]


def token_hash(jws):
    return tokens.encode(hashlib.sha256(jws.strip('"').encode()).digest())


def management_recordings():
    """(file stem, exchanges), by name: the signer is added before the lists that have it."""
    files = sorted((VECTORS / "maa" / "recordings-cpp").glob("*.json"))
    return [
        (path.stem, json.loads(path.read_text(encoding="utf-8"))["exchanges"])
        for path in files
        if not path.stem.startswith("Attestation-")
    ]


class RecordedManagement(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.recordings = management_recordings()
        cls.ports = {name: dev_server.free_port() for name in INSTANCES}
        listeners = [word for name, port in cls.ports.items() for word in ("--instance-listen", f"{name}=127.0.0.1:{port}")]
        cls.server = cls.enterClassContext(dev_server.Server(PROGRAM, listeners))
        cls.server.create_instance("recorded-aad")
        cls.server.create_instance("recorded-isolated", [cls.recorded_signer()])
        cls.bearer = cls.server.bearer()
        cls.bodies = {}
        for _, exchanges in cls.recordings:
            for exchange in exchanges:
                if kind_of(exchange) == "PUT /policies" and exchange["requestBody"]:
                    cls.bodies[token_hash(exchange["requestBody"])] = exchange["requestBody"]

    @classmethod
    def recorded_signer(cls):
        """Who signed the recorded addition of a signer: the one that the recorded instance was created with."""
        exchanges = dict(cls.recordings)["CertificateTests.AddPolicyManagementCertificate"]
        (addition,) = [one["requestBody"] for one in exchanges if one["path"].startswith("/certificates:add")]
        header, _, _ = addition.strip('"').split(".")
        return json.loads(tokens.decode(header))["x5c"][0]

    def port_of(self, name):
        """The port of the instance that stands for the recorded one."""
        lower = name.lower()
        if "_shared_" in lower:
            return self.server.port
        isolated = "isolated" in lower or name == "CertificateTests.AddPolicyManagementCertificate"
        return self.ports["recorded-isolated" if isolated else "recorded-aad"]

    def request_body(self, exchange):
        """The recorded one, or the one of which the recorded answer gives the hash; None when it is nowhere."""
        if exchange["method"] == "GET" or exchange["requestBody"] is not None:
            return exchange["requestBody"] or ""
        _, claims, _ = tokens.split(body_of(exchange, "responseBody")["token"])
        if kind_of(exchange) == "POST /policies:reset":
            return UNSIGNED_RESET
        return self.bodies.get(claims["x-ms-policy-token-hash"])

    def ask(self, port, method, path, body=None, headers=None):
        connection = self.server.connection(port)
        try:
            return self.server.request(method, path, body, headers, connection)
        finally:
            connection.close()

    def replay(self, exchange, body, port):
        headers = dict(exchange["requestHeaders"]) | self.bearer
        return self.ask(port, exchange["method"], exchange["path"], body, headers)

    def check_token(self, ours, theirs, port, exchange):
        issuer = f"https://localhost:{port}"
        our_header, our_claims, _ = tokens.split(ours)
        their_header, their_claims, _ = tokens.split(theirs)
        self.assertEqual(list(our_header), list(their_header))
        for name in ("alg", "typ"):
            self.assertEqual(our_header[name], their_header[name])
        self.assertEqual(our_header["jku"], issuer + "/certs")
        keys = self.ask(port, "GET", "/certs").json()["keys"]
        (jwk,) = [key for key in keys if key["kid"] == our_header["kid"]]
        self.assertTrue(tokens.verifies(ours, jwk))

        self.assertEqual([name for name in our_claims if not name.startswith("x-vidimus-")], list(their_claims))
        for name in set(their_claims) - OF_THE_MOMENT:
            with self.subTest(claim=name):
                if name == "x-ms-policy" and their_claims[name] == NO_TPM_POLICY:
                    self.check_tpm_default(our_claims[name], exchange)
                    continue
                self.assertEqual(our_claims[name], their_claims[name])
        self.assertEqual(our_claims["iss"], issuer)
        for claims in (our_claims, their_claims):
            self.assertEqual(claims["exp"] - claims["iat"], LIFETIME)
            self.assertEqual(claims["nbf"], claims["iat"])

    def check_tpm_default(self, ours, exchange):
        self.assertEqual(bare(exchange["path"]), "/policies/Tpm")
        header, payload, signature = ours.split(".")
        self.assertEqual((json.loads(tokens.decode(header)), signature), ({"alg": "none"}, ""))
        text = tokens.decode(json.loads(tokens.decode(payload))["AttestationPolicy"]).decode()
        self.assertIn("authorizationrules", text)
        self.assertNotIn("permit", "".join(line for line in text.splitlines() if not line.strip().startswith("//")))

    def check_certs(self, ours, theirs):
        self.assertEqual(set(ours), set(theirs))
        for key in ours["keys"]:
            self.assertTrue(set(theirs["keys"][0]) <= set(key))
            self.assertEqual(key["kid"], tokens.key_id(key))

    def check_error(self, ours, theirs):
        self.assertTrue(set(theirs["error"]) <= set(ours["error"]))
        for error in (ours["error"], ours["error"]["innererror"]):
            self.assertEqual(error["code"], theirs["error"]["code"])

    def check_exchange(self, exchange, body, port):
        answer = self.replay(exchange, body, port)
        self.assertEqual(answer.status, exchange["status"], answer.body[:600])
        recorded = {name.lower(): value for name, value in exchange["responseHeaders"].items()}
        self.assertEqual(answer.headers["Content-Type"], recorded["content-type"])
        self.assertIn("x-ms-request-id", recorded)
        self.assertRegex(answer.headers["x-ms-request-id"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
        ours, theirs = answer.json(), body_of(exchange, "responseBody")
        if bare(exchange["path"]) == "/certs":
            return self.check_certs(ours, theirs)
        self.assertEqual(set(ours), set(theirs))
        if answer.status != 200:
            return self.check_error(ours, theirs)
        return self.check_token(ours["token"], theirs["token"], port, exchange)

    def test_recorded_calls_give_the_recorded_status_results_hashes_signers_and_thumbprints(self):
        replayed, not_reproducible, of_attestation = collections.Counter(), 0, 0
        for name, exchanges in self.recordings:
            port = self.port_of(name)
            for number, exchange in enumerate(exchanges):
                if exchange["path"].startswith("/attest/"):
                    of_attestation += 1
                    continue
                body = self.request_body(exchange)
                isolated_batch = name.startswith("BatchPolicy") and "Isolated" in name and exchange["method"] != "GET"
                if isolated_batch or body is None:
                    self.assertTrue(isolated_batch and exchange["requestBody"] is None, (name, number))
                    not_reproducible += 1
                    continue
                with self.subTest(recording=name, exchange=number, call=kind_of(exchange)):
                    self.check_exchange(exchange, body, port)
                replayed[kind_of(exchange)] += 1
        print(f"recorded exchanges replayed: {replayed.total()}; without what was sent: {not_reproducible}", file=sys.stderr)
        self.assertEqual(dict(replayed), EXPECTED)
        self.assertEqual((not_reproducible, of_attestation), (NOT_REPRODUCIBLE, OF_ATTESTATION))

    def test_the_recorded_addition_is_refused_by_an_isolated_instance_whose_signer_is_another(self):
        """An instance without signers refuses this recorded body because it has none; one with another signer, because of that."""
        exchanges = dict(self.recordings)["CertificateTests.VerifyFailedAddCertificate"]
        (addition,) = [one for one in exchanges if one["path"].startswith("/certificates:add")]
        answer = self.replay(addition, addition["requestBody"], self.ports["recorded-isolated"])
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.json()["error"]["code"], "InvalidOperation")

    def test_the_recorded_thumbprint_is_that_of_the_recorded_certificate(self):
        exchanges = dict(self.recordings)["CertificateTests.AddPolicyManagementCertificate"]
        (addition,) = [one for one in exchanges if one["path"].startswith("/certificates:add")]
        _, payload, _ = addition["requestBody"].strip('"').split(".")
        added = json.loads(tokens.decode(payload))["policyCertificate"]["x5c"][0]
        _, claims, _ = tokens.split(addition["responseBody"]["token"])
        self.assertEqual(hashlib.sha1(base64.b64decode(added)).hexdigest().upper(), claims["x-ms-certificate-thumbprint"])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM, VECTORS = sys.argv[1], dev_server.vectors()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
