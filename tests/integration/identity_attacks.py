#!/usr/bin/env python3
"""Bearer tokens as an attacker would make them, sent to a configured server: who is asking can be nobody but whom an issuer says.

usage: identity_attacks.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY

Each test starts from a token that gets in and spoils one thing (RFC 8725, RFC 7515, RFC 7519, RFC 9068).
"""

import hashlib
import hmac
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import openid_issuer  # noqa: E402
import tenants  # noqa: E402
import tokens  # noqa: E402

PROGRAM, CLOCK_LIBRARY = "", ""
ROUTE = "/policies/SgxEnclave"
RAW = {"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}


class IdentityAttacks(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.service = cls.enterClassContext(tenants.Tenants(PROGRAM, CLOCK_LIBRARY, dev_server.vectors().resolve()))
        cls.issuer, cls.other = cls.service.first, cls.service.second

    @classmethod
    def tearDownClass(cls):
        cls.service.secrets.check_log(cls.service.server.log())

    def get(self, token, instance="alpha", **headers):
        return self.service.ask(instance, "GET", ROUTE, self.service.remember(token), headers=headers)

    def owner(self, header=None, key=None, payload=None, **claims):
        return self.issuer.token(header, key, payload, **({"roles": ["owner"]} | claims))

    def admitted(self, token):
        self.assertEqual(self.get(token).status, 200)

    def refused(self, token, where, status=401):
        """MAA's shape, the cause by its name, and nothing that the caller did not send: no key, grant, folder or other tenant."""
        answer = self.get(token)
        self.assertEqual(answer.status, status, (token[:200], answer.body[:600]))
        error = answer.json()["error"]
        self.assertEqual((error["code"], error["vidimus"]["where"]), ({401: "Unauthorized", 403: "Forbidden"}[status], where), error)
        self.assertEqual(error["innererror"], {"code": error["code"], "message": error["message"]})
        self.assertEqual(set(error["vidimus"]), {"stage", "where", "request_id"})
        self.assertTrue(self.other.url not in answer.body.decode() or "caller someone at " + self.other.url in error["message"])
        self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer" if status == 401 else None)
        told = answer.body.decode() + str(answer.headers)
        for secret in ("beta", str(self.service.folder), self.issuer.rsa.jwk()["n"], "Operator", "/keys"):
            self.assertNotIn(secret, told)
        return error

    def test_a_good_token_gets_in_whatever_the_kind_of_its_key(self):
        for key in (self.issuer.rsa, self.issuer.ec):
            self.admitted(self.owner(key=key))

    def test_an_unsigned_token_is_nobodys(self):
        for alg in ("none", "None", "NONE", "nOnE", ""):
            for sign in (lambda _: b"", self.issuer.rsa.sign):
                with self.subTest(alg=alg):
                    token = openid_issuer.signed(RAW | {"alg": alg}, self.issuer.claims(roles=["owner"]), sign)
                    self.refused(token, "auth.token.algorithm")

    def test_an_empty_or_cut_signature_is_none(self):
        good = self.owner()
        head, _, signature = good.rpartition(".")
        octets = tokens.decode(signature)
        for spoiled in (b"", b"\0", octets[:-1], octets[1:], octets + b"\0", b"\0" + octets, bytes(256), b"\xff" * 256, octets[::-1]):
            self.refused(f"{head}.{tokens.encode(spoiled)}", "auth.token.signature")
        ec = self.owner(key=self.issuer.ec).rpartition(".")[0]
        for octets in (b"", bytes(64), b"\xff" * 64, bytes(63), b"\x30\x06\x02\x01\x01\x02\x01\x01"):  # r = s = 0 is CVE-2022-21449
            self.refused(f"{ec}.{tokens.encode(octets)}", "auth.token.signature")

    def test_an_ecdsa_signature_in_der_is_none(self):
        token = openid_issuer.signed(RAW | {"alg": "ES256", "kid": "ec"}, self.issuer.claims(), lambda octets: self.der_of(octets))
        self.refused(token, "auth.token.signature")

    def der_of(self, octets):
        raw = self.issuer.ec.sign(octets)
        numbers = [raw[:32].lstrip(b"\0"), raw[32:].lstrip(b"\0")]
        body = b"".join(b"\2" + bytes([len(n) + (n[0] >> 7)]) + b"\0" * (n[0] >> 7) + n for n in numbers)
        return b"\x30" + bytes([len(body)]) + body

    def test_a_public_key_is_no_shared_secret(self):
        """HS256 with what everybody can fetch (RFC 8725 section 2.1)."""
        key = self.issuer.rsa
        n = key.jwk()["n"]
        for secret in (
            key.public_pem,
            key.public_pem.strip(),
            key.public_der,
            key.modulus_octets,
            n.encode(),
            b"",
            json.dumps(key.jwk()).encode(),
        ):
            for alg, digest in (("HS256", hashlib.sha256), ("HS512", hashlib.sha512)):
                token = openid_issuer.signed(
                    RAW | {"alg": alg}, self.issuer.claims(roles=["owner"]), lambda octets: hmac.digest(secret, octets, digest)
                )
                self.refused(token, "auth.token.algorithm")
            hidden = openid_issuer.signed(RAW, self.issuer.claims(), lambda octets: hmac.digest(secret, octets, hashlib.sha256))
            self.refused(hidden, "auth.token.signature")

    def test_an_algorithm_must_be_of_the_keys_kind(self):
        for header, key, where in (
            ({"alg": "ES256"}, self.issuer.rsa, "auth.token.algorithm"),
            ({"alg": "RS256"}, self.issuer.ec, "auth.token.algorithm"),
            ({"alg": "ES256", "kid": "ec"}, self.issuer.p384, "auth.token.signature"),
            ({"alg": "ES256"}, self.issuer.p384, "auth.token.key"),  # a key of that curve is none of ours
            ({"alg": "ES384"}, self.issuer.p384, "auth.token.algorithm"),
            ({"alg": "RS384"}, self.issuer.rsa, "auth.token.algorithm"),
            ({"alg": "RS512"}, self.issuer.rsa, "auth.token.algorithm"),
            ({"alg": "PS256"}, self.issuer.rsa, "auth.token.algorithm"),
            ({"alg": "rs256"}, self.issuer.rsa, "auth.token.algorithm"),
            ({"alg": "RS256 "}, self.issuer.rsa, "auth.token.algorithm"),
            ({"alg": "RS256\0"}, self.issuer.rsa, "auth.token.algorithm"),
            ({"alg": ["RS256"]}, self.issuer.rsa, "auth.token.algorithm"),
            ({"alg": None}, self.issuer.rsa, "auth.token.algorithm"),
            ({"alg": "RSA1_5"}, self.issuer.rsa, "auth.token.algorithm"),
        ):
            with self.subTest(header=header):
                self.refused(self.owner(header, key), where)

    def test_a_critical_extension_is_not_passed_over(self):
        for header in ({"crit": ["b64"], "b64": False}, {"crit": ["b64"], "b64": True}, {"crit": ["exp"]}, {"crit": []}, {"crit": None}):
            self.refused(self.owner(header), "auth.token.format")
        raw = json.dumps(self.issuer.claims(roles=["owner"])).replace(" ", "")  # RFC 7797: the payload as it is
        head = openid_issuer.part(RAW | {"b64": False})
        signature = tokens.encode(self.issuer.rsa.sign(f"{head}.{raw}".encode()))
        self.refused(f"{head}.{raw}.{signature}", "auth.token.format")

    def test_members_that_come_twice_have_no_meaning(self):
        claims = json.dumps(self.issuer.claims(roles=["owner"]))
        for header, payload in (
            ('{"alg":"none","alg":"RS256","kid":"rsa"}', claims),
            ('{"alg":"RS256","alg":"none","kid":"rsa"}', claims),
            ('{"alg":"RS256","kid":"rsa","kid":"ec"}', claims),
            (RAW, claims[:-1] + ', "roles": ["owner"]}'),
            (RAW, claims[:-1] + f', "iss": "{self.other.url}"}}'),
            (RAW, claims[:-1] + ', "\\u0069ss": "x"}'),
        ):
            self.refused(openid_issuer.signed(header, payload, self.issuer.rsa.sign), "auth.token.format")

    def test_only_three_parts_of_strict_base64url_are_a_token(self):
        good = self.owner()
        header, payload, signature = good.split(".")
        five = ".".join([openid_issuer.part({"alg": "RSA-OAEP", "enc": "A256GCM", "kid": "rsa"}), "AAAA", "AAAA", "AAAA", "AAAA"])
        for text in (
            five,
            good + "." + good,
            good + "," + good,
            f"{good} {good}",
            f"{header}.{payload}",
            good + ".",
            "." + good,
            "..",
            ".",
            "x",
            f"{header}=.{payload}.{signature}",
            f"{header}.{payload}.{signature}=",
            f"{header}\t.{payload}.{signature}",
            f"{header}..{signature}",
            openid_issuer.signed(RAW, "[]", self.issuer.rsa.sign),
            openid_issuer.signed("[]", self.issuer.claims(), self.issuer.rsa.sign),
            openid_issuer.signed(RAW, "1", self.issuer.rsa.sign),
            openid_issuer.signed(RAW, b"\xff\xfe{}", self.issuer.rsa.sign),
            header.replace("e", "+", 1) + f".{payload}.{signature}",
        ):
            with self.subTest(text=text[:60]):
                self.refused(text, "auth.token.format")

    def test_a_token_may_be_so_long_and_no_longer(self):
        fixed = len(self.owner(filler=""))
        at_most = 12 * 1024
        long = "x" * ((at_most - fixed) * 3 // 4)
        while len(self.owner(filler=long + "x")) <= at_most:
            long += "x"
        self.admitted(self.owner(filler=long))
        self.refused(self.owner(filler=long + "xxxx"), "auth.token.size")

    def test_a_caller_comes_with_one_authorization(self):
        good, bad = self.owner(), self.owner(exp=1)
        for first, second in ((good, bad), (bad, good), (good, good)):
            with self.service.server.connect() as client:
                client.sendall(
                    f"GET {ROUTE} HTTP/1.1\r\nHost: alpha.{tenants.DOMAIN}\r\nAuthorization: Bearer {first}\r\n"
                    f"authorization: Bearer {second}\r\nConnection: close\r\n\r\n".encode()
                )
                self.assertTrue(client.recv(65536).startswith(b"HTTP/1.1 400 "))

    def test_other_schemes_and_empty_tokens_are_no_bearer_tokens(self):
        for value, where in (
            ("", "auth.missing"),
            ("Bearer", "auth.missing"),
            ("Bearer ", "auth.missing"),
            ("Basic eDp5", "auth.scheme"),
            ("Bearer\t" + self.owner(), "auth.scheme"),
            ("DPoP " + self.owner(), "auth.scheme"),
            ("BearerX " + self.owner(), "auth.scheme"),
        ):
            answer = self.service.ask("alpha", "GET", ROUTE, headers={"Authorization": value})
            self.assertEqual((answer.status, answer.json()["error"]["vidimus"]["where"]), (401, where), value[:20])
        for place in (f"{ROUTE}?access_token={self.owner()}",):  # RFC 6750 section 2.3: not there
            self.assertEqual(self.service.ask("alpha", "GET", place).status, 401)

    def test_an_issuer_must_be_named_exactly(self):
        url = self.issuer.url
        for iss in (
            None,
            "https://evil.example",
            url + "/",
            url.upper(),
            url + "\0",
            " " + url,
            url.replace("https", "http"),
            [url],
            {"a": url},
            1,
            url.replace("localhost", "127.0.0.1"),
            url.replace("localhost", "localhost."),
            url + "#",
            url + "?",
            "",
        ):
            with self.subTest(iss=iss):
                self.refused(self.owner(iss=iss), "auth.token.issuer")

    def test_an_issuer_signs_with_its_own_keys_only(self):
        self.refused(self.owner(key=self.other.rsa), "auth.token.signature")  # the same kid, another's key
        self.refused(self.owner(key=self.other.ec), "auth.token.signature")
        stranger = openid_issuer.RsaKey("rsa")
        self.refused(self.owner(key=stranger), "auth.token.signature")
        self.refused(self.other.token(roles=["owner"], iss=self.issuer.url), "auth.token.signature")

    def test_a_kid_is_the_name_of_a_published_key(self):
        for kid in (
            "unknown",
            "",
            "RSA",
            "rsa ",
            "../../dev/null",
            "' OR 1=1 --",
            "x" * 4000,
            1,
            ["rsa"],
            {"a": 1},
            None,
            "https://evil.example/k",
            "rsa\0",
        ):
            with self.subTest(kid=str(kid)[:20]):
                self.refused(self.owner({"kid": kid}), "auth.token.key")
        header = {name: value for name, value in RAW.items() if name != "kid"}
        nameless = openid_issuer.signed(header, self.issuer.claims(roles=["owner"]), self.issuer.rsa.sign)
        self.refused(nameless, "auth.token.key")  # the issuer has more than one key

    def test_keys_that_a_token_brings_along_are_not_used(self):
        """jwk, x5c, jku, x5u (RFC 7515 section 4.1): neither trusted nor fetched."""
        mine = openid_issuer.RsaKey("mine")
        with openid_issuer.Web(self.service.folder) as trap:
            trap.give("/keys", {"keys": [mine.jwk()]})
            for brought in (
                {"jwk": mine.jwk()},
                {"jku": trap.url + "/keys"},
                {"x5u": trap.url + "/keys"},
                {"x5c": self.service.signer.x5c},
                {"jwk": mine.jwk(), "jku": trap.url + "/keys", "x5u": trap.url + "/keys"},
            ):
                for kid, where in (("rsa", "auth.token.signature"), ("mine", "auth.token.key")):
                    self.refused(self.owner(brought | {"kid": kid}, mine), where)
            self.admitted(self.owner({"jku": trap.url + "/keys", "jwk": mine.jwk()}))  # without harm either
            self.assertEqual(trap.asked, [])

    def test_a_token_has_its_time(self):
        now = tenants.NOW
        for claims, where in (
            ({"exp": now - 60}, "auth.token.expired"),
            ({"exp": 0}, "auth.token.expired"),
            ({"exp": -1}, "auth.token.expired"),
            ({"exp": None}, "auth.token.expired"),
            ({"exp": str(now + 3600)}, "auth.token.expired"),
            ({"exp": [now + 3600]}, "auth.token.expired"),
            ({"exp": True}, "auth.token.expired"),
            ({"exp": -(2**63)}, "auth.token.expired"),
            ({"exp": -1e300}, "auth.token.expired"),
            ({"nbf": now + 61}, "auth.token.not_before"),
            ({"nbf": 2**63 - 1}, "auth.token.not_before"),
            ({"nbf": 2**64 - 1}, "auth.token.not_before"),
            ({"nbf": str(now)}, "auth.token.not_before"),
            ({"nbf": 1e300}, "auth.token.not_before"),
            ({"nbf": [0]}, "auth.token.not_before"),
        ):
            with self.subTest(claims=claims):
                self.refused(self.owner(**claims), where)
        for claims in ({"exp": now - 59}, {"nbf": now + 60}, {"exp": 2**63 - 1}, {"exp": 2**64 - 1}, {"exp": now + 0.5}, {"nbf": None}):
            with self.subTest(claims=claims):
                self.admitted(self.owner(**claims))

    def test_numbers_that_are_none_are_refused(self):
        claims = json.dumps(self.issuer.claims(roles=["owner"], exp=12345))
        for number in ("1e400", "-1e400", "NaN", "Infinity", "0x7fffffff", "01", "1" * 400, "1e", "+1"):
            with self.subTest(number=number[:20]):
                token = openid_issuer.signed(RAW, claims.replace("12345", number), self.issuer.rsa.sign)
                answer = self.get(token)
                self.assertEqual(answer.status, 401, answer.body[:300])
                self.assertIn(answer.json()["error"]["vidimus"]["where"], ("auth.token.format", "auth.token.expired"))

    def test_a_token_for_another_audience_is_not_for_us(self):
        good = tenants.AUDIENCE
        for aud in (
            None,
            "https://other.example",
            [],
            ["https://other.example"],
            "",
            [[good]],
            {"a": good},
            good.upper(),
            good + "x",
            good + "//",
            " " + good,
            f"{good} https://other.example",
            tenants.ARM_AUDIENCE,
            True,
            good + "\0",
        ):
            with self.subTest(aud=aud):
                self.refused(self.owner(aud=aud), "auth.token.audience")
        for aud in (good, good + "/", [good], ["https://other.example", good], [1, None, good]):
            with self.subTest(aud=aud):
                self.admitted(self.owner(aud=aud))

    def test_a_subject_is_a_name(self):
        for sub in (None, "", 1, ["x"], {"a": 1}):
            self.refused(self.owner(sub=sub), "auth.token.subject")

    def test_a_role_counts_only_as_the_claim_of_the_issuer_that_the_grant_names(self):
        self.refused(self.other.token(roles=["owner"]), "auth.role", 403)  # beta's issuer, the same audience
        for roles in (
            None,
            [],
            "own",
            "OWNER",
            ["Owner"],
            [["owner"]],
            {"owner": True},
            {"roles": ["owner"]},
            1,
            True,
            [1, None],
            "owner reader",
            "owner,reader",
            ["owner "],
            ["owner\0"],
        ):
            with self.subTest(roles=roles):
                self.refused(self.owner(roles=roles), "auth.role", 403)
        for claims in (
            {"role": ["owner"]},
            {"Roles": ["owner"]},
            {"groups": ["owner"]},
            {"scp": "owner"},
            {"resource": {"roles": ["owner"]}},
        ):
            self.refused(self.owner(roles=None, **claims), "auth.role", 403)
        for roles in ("owner", ["x", "owner"], ["owner", 1, None, {}]):
            self.admitted(self.owner(roles=roles))

    def test_what_a_token_says_breaks_no_line_of_log_or_answer(self):
        forged = 'x"}\r\nSet-Cookie: a=b\r\n\r\n{"level":"error","event":"forged"}\x1b[31m\u2028'
        for token in (self.owner({"kid": forged}), self.owner(iss=forged), self.owner(sub=forged, roles=[]), self.owner(aud=forged)):
            answer = self.get(token)
            self.assertIn(answer.status, (401, 403))
            self.assertIsNone(answer.headers["Set-Cookie"])
        for line in self.service.server.log().splitlines():
            self.assertNotEqual(json.loads(line)["event"], "forged")
            self.assertNotIn("\x1b", line)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
