#!/usr/bin/env python3
"""Requests that the original service answered, sent verbatim to a dev server: the answers must be the same.

usage: maa_recordings.py VIDIMUS_PROGRAM

The recordings and the samples' quotes are those of VIDIMUS_VECTORS/maa. The platform's endorsements of the day of the recordings are not
among them, so the server judges by those of June 2025, when the platform had become out of date, and accepts that.
"""

import base64
import hashlib
import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
VECTORS = pathlib.Path()
CLOCK = "2025-06-26T17:19:45Z"
DEFAULT_TCB = "UpToDate,SWHardeningNeeded,ConfigurationNeeded,ConfigurationAndSWHardeningNeeded"

# What two answers to one request may differ in: time, identity of the token, of its signer and of the service.
OF_THE_MOMENT = {"exp", "iat", "nbf", "jti", "iss"}
COLLATERAL = {"x-ms-sgx-collateral", "maa-attestationcollateral"}
NO_PERMIT = "No Permit claim was issued in the authorizationrules section, authorization failed."
LIFETIME = 28800


def recordings(pattern):
    out = sorted((VECTORS / "maa" / "recordings-cpp").glob(pattern))
    return [(path.stem, json.loads(path.read_text(encoding="utf-8"))["exchanges"]) for path in out]


class Recordings(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        collateral = str(VECTORS / "intel" / "collateral")
        cls.server = cls.enterClassContext(
            dev_server.Server(
                PROGRAM,
                [
                    "--dev-clock",
                    CLOCK,
                    "--endorsements",
                    collateral,
                    "--accept-tcb",
                    DEFAULT_TCB + ",OutOfDate,OutOfDateConfigurationNeeded",
                ],
            )
        )

    def replay(self, exchange):
        return self.server.request(
            exchange["method"], exchange["path"], exchange["requestBody"], exchange["requestHeaders"] | self.length_of(exchange)
        )

    @staticmethod
    def length_of(exchange):
        """The recorded length is that of the recorded text, whose spacing is lost."""
        body = exchange["requestBody"]
        return {"Content-Length": str(0 if body is None else len(json.dumps(body)))}

    def check_signature(self, token, header):
        if header["alg"] == "none":
            self.assertTrue(token.endswith("."))
            return
        (jwk,) = [key for key in self.server.get("/certs").json()["keys"] if key["kid"] == header["kid"]]
        self.assertTrue(tokens.verifies(token, jwk))
        self.assertFalse(tokens.verifies(token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1], jwk))

    def check_token(self, ours, theirs):
        our_header, our_claims, _ = tokens.split(ours)
        their_header, their_claims, _ = tokens.split(theirs)
        self.assertEqual(list(our_header), list(their_header))
        self.assertEqual(our_header["alg"], their_header["alg"])
        self.assertEqual(our_header["typ"], "JWT")
        self.assertEqual(our_header["jku"], self.server.issuer + "/certs")
        self.check_signature(ours, our_header)

        names = {name for name in our_claims if not name.startswith("x-vidimus-")}
        self.assertEqual(names, set(their_claims))
        for name in names - OF_THE_MOMENT - COLLATERAL:
            with self.subTest(claim=name):
                self.assertEqual(our_claims[name], their_claims[name])
                self.assertEqual(type(our_claims[name]), type(their_claims[name]))
        for name in COLLATERAL:
            self.assertEqual(list(our_claims[name]), list(their_claims[name]))
            self.assertEqual(our_claims[name]["quotehash"], their_claims[name]["quotehash"])
            self.assertTrue(all(len(value) == 64 and value == value.lower() for value in our_claims[name].values()))
        self.assertEqual(our_claims["x-ms-sgx-collateral"], our_claims["maa-attestationcollateral"])
        self.assertEqual(our_claims["iss"], self.server.issuer)
        self.assertEqual(our_claims["exp"] - our_claims["iat"], LIFETIME)
        self.assertEqual(our_claims["nbf"], our_claims["iat"])
        self.assertRegex(our_claims["jti"], "^[0-9a-f]{64}$")

    def check_exchange(self, exchange):
        answer = self.replay(exchange)
        self.assertEqual(answer.status, exchange["status"], answer.body[:600])
        self.assertEqual(answer.headers["Content-Type"], exchange["responseHeaders"]["Content-Type"])
        self.assertRegex(answer.headers["x-ms-request-id"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
        ours, theirs = answer.json(), exchange["responseBody"]
        self.assertEqual(set(ours), set(theirs))
        if answer.status == 200:
            self.check_token(ours["token"], theirs["token"])
            return
        for error in (ours["error"], ours["error"]["innererror"]):
            self.assertEqual(error["code"], theirs["error"]["code"])
            self.assertIn(NO_PERMIT, error["message"])
        self.assertIn(NO_PERMIT, theirs["error"]["message"])
        self.assertTrue(set(theirs["error"]) <= set(ours["error"]))

    def test_attest_exchanges_give_the_same_status_claims_and_errors(self):
        found = recordings("Attestation-AttestationTests.*.json")
        self.assertEqual(len(found), 16)
        attested = 0
        for name, exchanges in found:
            for exchange in exchanges:
                if not exchange["path"].startswith("/attest/"):
                    continue
                attested += 1
                with self.subTest(recording=name, exchange=attested):
                    self.check_exchange(exchange)
        self.assertEqual(attested, 20)  # two of each draft policy recording

    def test_published_keys_have_the_members_of_the_recorded_ones(self):
        for name, exchanges in recordings("Attestation-MetadataTests.*.json"):
            for exchange in exchanges:
                if exchange["path"] != "/certs":
                    continue
                with self.subTest(recording=name):
                    answer = self.replay(exchange)
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(answer.headers["Content-Type"], exchange["responseHeaders"]["Content-Type"])
                    self.assertEqual(set(answer.json()), set(exchange["responseBody"]))
                    for key in answer.json()["keys"]:
                        self.assertTrue(set(exchange["responseBody"]["keys"][0]) <= set(key))
                        self.assertEqual(key["kty"], "RSA")
                        self.assertEqual(key["kid"], tokens.key_id(key))
                        modulus, exponent = tokens.rsa_numbers(tokens.public_key_info(base64.b64decode(key["x5c"][0])))
                        self.assertEqual(int.from_bytes(tokens.decode(key["n"]), "big"), modulus)
                        self.assertEqual(int.from_bytes(tokens.decode(key["e"]), "big"), exponent)
                        self.assertGreaterEqual(modulus.bit_length(), 2048)
                    # The rule for kid, applied to the key of the original service.
                    signer = exchange["responseBody"]["keys"][0]
                    self.assertEqual(signer["kid"], tokens.key_id(signer))

    def test_the_recorded_tokens_pass_the_checks_that_ours_must_pass(self):
        checked = 0
        for name, exchanges in recordings("Attestation-AttestationTests.*.json"):
            keys = {key["kid"]: key for exchange in exchanges if exchange["path"] == "/certs" for key in exchange["responseBody"]["keys"]}
            for exchange in exchanges:
                if not exchange["path"].startswith("/attest/") or exchange["status"] != 200:
                    continue
                token = exchange["responseBody"]["token"]
                header, _, signature = tokens.split(token)
                with self.subTest(recording=name):
                    self.assertTrue(signature == b"" if header["alg"] == "none" else tokens.verifies(token, keys[header["kid"]]))
                checked += 1
        self.assertEqual(checked, 16)

    def test_openid_metadata_is_the_recorded_one_with_our_issuer(self):
        met = 0
        for name, exchanges in recordings("Attestation-MetadataTests.GetOpenIdMetadata-*.json"):
            for exchange in exchanges:
                if not exchange["path"].startswith("/.well-known/"):
                    continue
                met += 1
                with self.subTest(recording=name):
                    answer = self.replay(exchange)
                    self.assertEqual(answer.status, 200)
                    theirs = re.sub(r"https://[\w.]+\.attest\.azure\.net", self.server.issuer, json.dumps(exchange["responseBody"]))
                    self.assertEqual(answer.json(), json.loads(theirs))
        self.assertEqual(met, 2)


class SampleQuotes(unittest.TestCase):
    """The quotes of the samples for the original service, sent as requests of today."""

    setUpClass = Recordings.__dict__["setUpClass"]

    def attest(self, kind, member, evidence, held_data):
        body = {member: tokens.encode(evidence), "runtimeData": {"data": tokens.encode(held_data), "dataType": "Binary"}}
        return self.server.post(f"/attest/{kind}?api-version=2022-08-01", body)

    def check(self, kind, member, evidence, held_data, expected):
        answer = self.attest(kind, member, evidence, held_data)
        self.assertEqual(answer.status, 200, answer.body[:600])
        token = answer.json()["token"]
        _, claims, _ = tokens.split(token)
        self.assertTrue(tokens.verifies(token, self.server.get("/certs").json()["keys"][0]))
        for name, value in expected.items():
            with self.subTest(claim=name):
                self.assertEqual(claims[name], value)
        for name in ("x-ms-sgx-ehd", "maa-ehd", "aas-ehd"):
            self.assertEqual(claims[name], tokens.encode(held_data))
        self.assertEqual(claims["x-ms-sgx-report-data"], hashlib.sha256(held_data).hexdigest() + "00" * 32)
        self.assertEqual(claims["x-ms-sgx-collateral"]["quotehash"], hashlib.sha256(evidence).hexdigest())

        for wrong in (held_data + b"\0", held_data[:-1], b"other"):
            refused = self.attest(kind, member, evidence, wrong)
            self.assertEqual(refused.status, 400)
            self.assertEqual(refused.json()["error"]["code"], "InvalidParameter")
            self.assertEqual(refused.json()["error"]["vidimus"]["where"], "sgx.binding.runtime_data")

    def test_raw_quotes_and_open_enclave_reports_of_the_samples_give_their_identity(self):
        for folder, kind, member in (("sgx-intel-raw", "SgxEnclave", "quote"), ("sgx-oe-raw", "OpenEnclave", "report")):
            for name in ("debug", "release"):
                with self.subTest(sample=f"{folder}/{name}"):
                    sample = json.loads((VECTORS / "maa" / folder / f"enclave.info.{name}.json").read_text(encoding="utf-8"))
                    expected = {
                        "x-ms-sgx-mrenclave": sample["MrEnclaveHex"].lower(),
                        "x-ms-sgx-mrsigner": sample["MrSignerHex"].lower(),
                        "x-ms-sgx-product-id": int.from_bytes(bytes.fromhex(sample["ProductIdHex"]), "little"),
                        "x-ms-sgx-svn": sample["SecurityVersion"],
                        "x-ms-sgx-is-debuggable": name == "debug",
                    }
                    self.check(kind, member, bytes.fromhex(sample["QuoteHex"]), bytes.fromhex(sample["EnclaveHeldDataHex"]), expected)

    def test_a_request_of_the_preview_of_2020_gives_the_identity_of_its_token(self):
        folder = VECTORS / "maa" / "sgx-2020-preview"
        request = json.loads((folder / "post.attest.body.json").read_text(encoding="utf-8"))
        text = (folder / "post.attest.response.jwt.body.json").read_text(encoding="utf-8")
        theirs = json.loads(text[text.index("}") + 1 :])
        evidence = base64.urlsafe_b64decode(request["Quote"] + "==")
        held_data = base64.urlsafe_b64decode(request["EnclaveHeldData"] + "==")
        expected = {
            "x-ms-sgx-mrenclave": theirs["sgx-mrenclave"],
            "x-ms-sgx-mrsigner": theirs["sgx-mrsigner"],
            "x-ms-sgx-product-id": theirs["product-id"],
            "x-ms-sgx-svn": theirs["svn"],
            "x-ms-sgx-is-debuggable": theirs["is-debuggable"],
            "maa-ehd": theirs["maa-ehd"].rstrip("="),
            "tee": theirs["tee"],
        }
        # The preview hashed the quote without the report's header of 16 octets; later versions hash what was sent.
        self.assertEqual(hashlib.sha256(evidence[16:]).hexdigest(), theirs["maa-attestationcollateral"]["maa-quotehash"])
        self.check("OpenEnclave", "report", evidence, held_data, expected)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM, VECTORS = sys.argv[1], dev_server.vectors()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
