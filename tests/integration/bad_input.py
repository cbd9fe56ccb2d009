#!/usr/bin/env python3
"""What clients send by mistake, in ignorance or in malice, sent to a dev server: each gets a clear answer, and nothing else suffers.

usage: bad_input.py VIDIMUS_PROGRAM

Here: bodies of attest requests, paths and the shape of answers. http_transport.py does the same one layer below.
"""

import base64
import concurrent.futures
import hashlib
import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
SGX = "/attest/SgxEnclave?api-version=2022-08-01"
OPEN_ENCLAVE = "/attest/OpenEnclave?api-version=2022-08-01"
PERMIT = 'version=1.0; authorizationrules { => permit(); }; issuancerules { => issue(type="custom", value=1); };'
SECRET = b"runtime data that no log may hold"
RESIDENT_LIMIT_KIB = 256 * 1024
CLIENTS = 200
PPID_OID = bytes.fromhex("060a2a864886f84d010d0101")  # intel-dcap: 1.2.840.113741.1.13.1.1, an OCTET STRING of 16 follows


def unsecured_jws(payload):
    return ".".join([tokens.encode(b'{"alg":"none"}'), tokens.encode(payload.encode()), ""])


def policy_jws(text):
    return unsecured_jws(json.dumps({"AttestationPolicy": tokens.encode(text.encode())}))


def ppid_of(quote):
    """The platform id in the certificates that a quote carries."""
    text = tokens.decode(quote).split(b"-----BEGIN CERTIFICATE-----")[1].split(b"-----END")[0]
    certificate = base64.b64decode(text)
    at = certificate.index(PPID_OID) + len(PPID_OID) + 2
    return certificate[at : at + 16]


class BadInput(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(dev_server.Server(PROGRAM))
        cls.quote = cls.server.quote()["quote"]
        cls.report = cls.server.quote()["report"]
        cls.bound = cls.server.quote(runtimeData=tokens.encode(SECRET))["quote"]

    @classmethod
    def tearDownClass(cls):
        """After all of it: alive, small, and silent about what is not a log's business."""
        broken = b'{"' + SECRET + b'":1,"' + SECRET + b'":2}'
        answer = cls.server.post(SGX, {"quote": cls.server.quote(runtimeData=tokens.encode(broken))["quote"],
                                       "runtimeData": {"data": tokens.encode(broken), "dataType": "JSON"}})
        if answer.status != 400:
            raise AssertionError(f"JSON with a member twice: {answer.status}")
        answer = cls.server.get("/healthz")
        resident, log = cls.server.resident_kib(), cls.server.log()
        ppid = ppid_of(cls.quote)
        forbidden = ["eyJ", tokens.encode(SECRET), SECRET.decode(), SECRET.hex(), cls.quote[:64], cls.bound[-64:]]
        forbidden += [ppid.hex(), ppid.hex().upper(), base64.b64encode(ppid).decode().rstrip("="), tokens.encode(ppid), "PRIVATE KEY"]
        problems = [text for text in forbidden if text in log]
        if '"event":"request"' not in log or '"status":"400"' not in log:
            problems.append("no record of the requests")
        if answer.status != 200 or resident > RESIDENT_LIMIT_KIB or problems:
            raise AssertionError(f"after bad input: health {answer.status}, resident {resident} KiB, in the log: {problems}")

    def check_error(self, answer, status, code, where):
        self.assertEqual(answer.status, status, answer.body[:400])
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")
        request_id = answer.headers["x-ms-request-id"]
        self.assertRegex(request_id, "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
        body = answer.json()
        self.assertEqual(list(body), ["error"])
        error = body["error"]
        self.assertEqual(set(error), {"code", "message", "innererror", "vidimus"})
        self.assertEqual(error["code"], code)
        self.assertTrue(error["message"])
        self.assertEqual(error["innererror"], {"code": error["code"], "message": error["message"]})
        self.assertEqual(error["vidimus"]["where"], where)
        self.assertTrue(error["vidimus"]["stage"])
        self.assertEqual(error["vidimus"]["request_id"], request_id)
        return error

    def refuse(self, body, where, code="InvalidParameter", path=SGX):
        with self.subTest(body=body if len(str(body)) < 200 else str(body)[:200]):
            return self.check_error(self.server.post(path, body), 400, code, where)

    def attest(self, body, path=SGX, headers=None):
        answer = self.server.post(path, body, headers)
        self.assertEqual(answer.status, 200, answer.body[:600])
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")
        self.assertRegex(answer.headers["x-ms-request-id"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
        return tokens.split(answer.json()["token"])

    def test_bodies_that_are_no_json_object_are_refused(self):
        deep = "[" * 100 + "]" * 100
        for body in (
            b"",
            b" ",
            b"{",
            b"nonsense",
            b'{"quote":"x"',
            b'{"quote":"x"} x',
            b"{'quote':1}",
            b"\xff\xfe",
            b'{"quote":"\xff"}',
            b"[]",
            b"1",
            b'"text"',
            b"null",
            b"true",
            b"[{}]",
            deep.encode(),
            b'{"a":' + deep.encode() + b"}",
            b'{"quote":1e999}',
            b'{"quote":"\\ud800"}',
        ):
            self.refuse(body, "request.body")

    def test_a_member_given_twice_is_refused_in_any_case(self):
        self.refuse(f'{{"quote":"{self.quote}","quote":"{self.quote}"}}'.encode(), "request.body")
        self.refuse({"quote": self.quote, "QUOTE": self.quote}, "request.member")
        self.refuse({"quote": self.quote, "nonce": "1", "Nonce": None}, "request.member")
        self.refuse({"quote": self.quote, "runtimeData": {"data": "", "Data": "", "dataType": "JSON"}}, "request.member")

    def test_evidence_that_is_absent_or_no_base64url_is_refused(self):
        for value in ({}, {"quote": None}, {"report": self.report}, {"qoute": self.quote}):
            self.refuse(value, "request.evidence")
        self.refuse({"quote": self.quote}, "request.evidence", path=OPEN_ENCLAVE)
        for value in (1, 1.5, True, [], [self.quote], {}, {"data": self.quote}, "!!!!", "A", "AB CD", "AB=CD", "A===", "AA\n", "ä"):
            self.refuse({"quote": value}, "request.evidence")

    def test_evidence_that_is_no_quote_is_refused_by_verification(self):
        octets = tokens.decode(self.quote)
        for value, where in (
            ("", "sgx.quote.size"),
            ("AAAA", "sgx.quote.size"),
            (self.report, "sgx.quote.version"),
            (tokens.encode(octets[:600]), "sgx.quote.size"),
            (tokens.encode(b"\3\0\2\0" * 200), None),
            (tokens.encode(octets + b"\0" * 70000), "sgx.quote.size"),
        ):
            answer = self.server.post(SGX, {"quote": value})
            self.check_error(answer, 400, "InvalidParameter", where or answer.json()["error"]["vidimus"]["where"])
            self.assertTrue(answer.json()["error"]["vidimus"]["where"].startswith("sgx."))
        flipped = bytes([*octets[:112], octets[112] ^ 1, *octets[113:]])
        error = self.refuse({"quote": tokens.encode(flipped)}, "sgx.quote.signature")
        self.assertIn("expected", error["vidimus"])

    def test_bound_data_of_wrong_types_encodings_and_kinds_is_refused(self):
        for member, where in (("runtimeData", "request.runtime_data"), ("initTimeData", "request.init_time_data")):
            for value in (
                1,
                "AAAA",
                True,
                [],
                {"dataType": "Binary"},
                {"data": "AAAA"},
                {"data": "AAAA", "dataType": "XML"},
                {"data": "AAAA", "dataType": 1},
                {"data": "AAAA", "dataType": ""},
                {"data": "", "dataType": "XML"},
                {"data": 1, "dataType": "Binary"},
                {"data": ["AAAA"], "dataType": "JSON"},
                {"data": {}, "dataType": "JSON"},
                {"data": "!!!!", "dataType": "Binary"},
                {"data": "A", "dataType": "JSON"},
            ):
                self.refuse({"quote": self.quote, member: value}, where)
        for text in (b"", b"nonsense", b"\0", b"{}\0\0", b'{"a":1,"a":2}', b"\xff"):
            quote = self.server.quote(runtimeData=tokens.encode(text))["quote"]
            self.refuse({"quote": quote, "runtimeData": {"data": tokens.encode(text), "dataType": "JSON"}}, "request.runtime_data")
        self.refuse({"quote": self.bound, "runtimeData": {"data": "AAAA", "dataType": "Binary"}}, "sgx.binding.runtime_data")
        self.refuse({"quote": self.quote, "initTimeData": {"data": "AAAA", "dataType": "Binary"}}, "sgx.binding.kss")
        big = tokens.encode(b" " * (256 * 1024 + 1))
        self.refuse({"quote": self.quote, "runtimeData": {"data": big, "dataType": "Binary"}}, "request.runtime_data")

    def test_nonces_are_exact_and_wrong_ones_refused(self):
        for text in ("-1", "1.5", "true", "[]", "{}", "1e3", '"' + "n" * 4097 + '"'):
            self.refuse(f'{{"quote":"{self.quote}","nonce":{text}}}'.encode(), "request.nonce")
        self.refuse(f'{{"quote":"{self.quote}","nonce":18446744073709551616}}'.encode(), "request.body")
        for text, expected in (
            ("18446744073709551615", "18446744073709551615"),
            ("0", "0"),
            ("9007199254740993", "9007199254740993"),
            ('"text \\u00e4 \\u0000"', "text ä \0"),
            ('""', ""),
            ('"' + "n" * 4096 + '"', "n" * 4096),
        ):
            _, claims, _ = self.attest(f'{{"quote":"{self.quote}","nonce":{text}}}'.encode())
            self.assertEqual(claims["nonce"], expected)
        self.assertNotIn("nonce", self.attest({"quote": self.quote, "nonce": None})[1])

    def test_draft_policies_are_taken_as_text_and_as_unsecured_jws(self):
        seen = []
        for draft in (PERMIT, policy_jws(PERMIT)):
            header, claims, signature = self.attest({"quote": self.quote, "draftPolicyForAttestation": draft})
            self.assertEqual((header["alg"], signature, claims["custom"], claims["x-ms-policy"]), ("none", b"", 1, {"custom": 1}))
            seen.append(claims["x-ms-policy-hash"])
        self.assertEqual(seen[0], seen[1])
        self.assertNotEqual(seen[0], self.attest({"quote": self.quote})[1]["x-ms-policy-hash"])

    def test_wrong_draft_policies_are_refused_with_the_line(self):
        for value in (1, True, [], {}):
            self.refuse({"quote": self.quote, "draftPolicyForAttestation": value}, "request.draft_policy")
        parsing = "PolicyParsingError"
        for draft, where in (
            ("", "policy.syntax"),
            ("nonsense", "policy.syntax"),
            ("version=9.0; authorizationrules{=>permit();};", "policy.version"),
            ("ey..", "token.jws.header"),
            (unsecured_jws("{}"), "policy.jws"),
            (unsecured_jws('{"AttestationPolicy":1}'), "policy.jws"),
            (unsecured_jws('{"AttestationPolicy":"!"}'), "policy.jws"),
            (PERMIT + " " * 65536, "policy.size"),
            ("version=1.0; authorizationrules {" + "=> permit();" * 257 + "};", "policy.rules"),
        ):
            with self.subTest(draft=draft[:60]):
                answer = self.server.post(SGX, {"quote": self.quote, "draftPolicyForAttestation": draft})
                self.check_error(answer, 400, parsing, where)
        broken = "version=1.0;\nauthorizationrules {\n  => permit()\n};\n"
        error = self.refuse({"quote": self.quote, "draftPolicyForAttestation": broken}, "policy.syntax", parsing)
        self.assertIn("Policy Parser Exception Thrown", error["message"])
        self.assertIn("Line: '4', Column: '1'", error["message"])
        denied = PERMIT.replace("=> permit();", '[type=="x-ms-sgx-svn"] => deny();\n=> permit();', 1)
        error = self.refuse({"quote": self.quote, "draftPolicyForAttestation": denied}, "policy.decision", "PolicyEvaluationError")
        self.assertIn("A Deny claim was issued, authorization failed.", error["message"])
        self.assertEqual(
            (error["vidimus"]["line"], error["vidimus"]["claims"]),
            (1, {"x-ms-sgx-svn": self.attest({"quote": self.quote})[1]["x-ms-sgx-svn"]}),
        )

    def test_encodings_and_spellings_of_clients_are_accepted(self):
        octets = tokens.decode(self.bound)
        binary = {"data": tokens.encode(SECRET), "dataType": "Binary"}
        for quote in (
            base64.urlsafe_b64encode(octets).decode(),
            base64.b64encode(octets).decode(),
            base64.b64encode(octets).decode().rstrip("="),
        ):
            self.attest({"quote": quote, "runtimeData": binary})
        for body in (
            {"QUOTE": self.bound, "RUNTIMEDATA": {"DATA": binary["data"], "datatype": "BINARY"}},
            {"quote": self.bound, "runtimeData": binary, "other": [1]},
        ):
            self.assertEqual(self.attest(body)[1]["x-ms-sgx-ehd"], tokens.encode(SECRET))
        for absent in ({"data": "", "dataType": ""}, {}, None, {"data": None}):
            for name in ("initTimeData", "inittimeData", "runtimeData"):
                _, claims, _ = self.attest({"quote": self.quote, name: absent})
                self.assertFalse({"x-ms-inittime", "x-ms-runtime", "x-ms-sgx-ehd"} & set(claims))

    def test_json_runtime_data_is_hashed_as_sent_and_may_end_in_a_nul(self):
        for text in (b'{"b":1,"a":[true]}', b'{"b":1,"a":[true]}\0', b' {"b":1,"a":[true]}\n\0'):
            quote = self.server.quote(runtimeData=tokens.encode(text))["quote"]
            _, claims, _ = self.attest({"quote": quote, "runtimeData": {"data": tokens.encode(text), "dataType": "JSON"}})
            self.assertEqual(claims["x-ms-runtime"], {"a": [True], "b": 1})
            self.assertFalse({"x-ms-sgx-ehd", "maa-ehd", "aas-ehd"} & set(claims))

    def test_init_time_data_is_bound_to_the_configuration_of_an_enclave_with_kss(self):
        text = b'{"configuration":"of the enclave"}'
        quote = self.server.quote(kss=True, configId=hashlib.sha256(text).hexdigest() + "00" * 32)["quote"]
        data = {"data": tokens.encode(text), "dataType": "JSON"}
        for name in ("initTimeData", "inittimeData", "INITTIMEDATA"):
            self.assertEqual(self.attest({"quote": quote, name: data})[1]["x-ms-inittime"], {"configuration": "of the enclave"})
        self.refuse({"quote": quote, "initTimeData": data | {"data": "e30"}}, "sgx.binding.init_time_data")

    def test_paths_and_versions_are_matched_as_clients_spell_them(self):
        body = {"quote": self.quote}
        for path in (
            "/attest/SgxEnclave",
            "/attest/SgxEnclave?api-version=1066-10-14",
            "/attest/sgxenclave?api-version=2020-10-01",
            "/ATTEST/SGXENCLAVE",
            "/attest/SgxEnclave/?api-version=2020-10-01",
            "/attest/%53gxEnclave",
            "/attest/SgxEnclave?api-version",
        ):
            with self.subTest(path=path):
                self.attest(body, path)
        keys = self.server.get("/certs").json()
        for path in ("/certs/", "/CERTS", "/certs?api-version=2025-06-01"):
            self.assertEqual(self.server.get(path).json(), keys)

    def test_media_types_and_unknown_headers_do_not_matter(self):
        body = {"quote": self.quote}
        for headers in (
            {},
            {"Content-Type": "text/plain"},
            {"Accept": "image/png"},
            {"Authorization": "Bearer nonsense"},
            {"x-ms-client-request-id": "1"},
        ):
            self.attest(body, headers=headers)

    def test_unknown_paths_and_methods_get_answers_in_the_same_shape(self):
        for path in (
            "/",
            "/attest",
            "/attest/",
            "/attest/Nonsense",
            "/attest/SgxEnclave/more",
            "/attest//SgxEnclave",
            "/certs//",
            "/certs/..",
            "/%",
            "/%zz",
            "/certificates%3Aaddd",
            "/%00",
            "/attest%2FNonsense",
            "/" + "x" * 4000,
        ):
            with self.subTest(path=path[:60]):
                self.check_error(self.server.post(path, {"quote": self.quote}), 404, "NotFound", "request.path")
        for method, path, allowed in (
            ("GET", SGX, "POST"),
            ("PUT", SGX, "POST"),
            ("DELETE", "/certs", "GET"),
            ("POST", "/certs", "GET"),
            ("PATCH", "/healthz", "GET"),
            ("OPTIONS", SGX, "POST"),
            ("NONSENSE", SGX, "POST"),
            ("GET", "/vidimus/v1/sim/sgx/quote", "POST"),
        ):
            with self.subTest(method=method, path=path):
                answer = self.server.request(method, path)
                self.check_error(answer, 405, "MethodNotAllowed", "request.method")
                self.assertIn(allowed, answer.headers["Allow"])

    def test_a_trace_id_comes_back(self):
        trace = "0af7651916cd43dd8448eb211c80319c"
        for path, status in (("/certs", 200), ("/nonsense", 404)):
            answer = self.server.request("GET", path, headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"})
            self.assertEqual(answer.status, status)
            self.assertRegex(answer.headers["x-ms-request-id"], f"^00-{trace}-[0-9a-f]{{16}}-00$")
        for wrong in (
            "",
            "nonsense",
            f"00-{trace.upper()}-b7ad6b7169203331-01",
            f"00-{trace}",
            f"00-{trace[:-1]}x-b7ad6b7169203331-01",
            f"00-{'0' * 32}-b7ad6b7169203331-01",
        ):
            answer = self.server.request("GET", "/certs", headers={"traceparent": wrong})
            self.assertRegex(answer.headers["x-ms-request-id"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
            self.assertNotIn(trace, answer.headers["x-ms-request-id"].lower())
            self.assertNotIn("0" * 32, answer.headers["x-ms-request-id"])

    def test_evidence_from_the_simulator_is_asked_for_correctly(self):
        path = "/vidimus/v1/sim/sgx/quote"
        for body, where in (
            (b"[]", "sim.request"),
            (b"{", "json.syntax"),
            ({"mrenclave": "00"}, "sim.request"),
            ({"mrenclave": 1}, "sim.request"),
            ({"svn": 65536}, "sim.request"),
            ({"svn": -1}, "sim.request"),
            ({"debug": 1}, "sim.request"),
            ({"other": 1}, "sim.request"),
            ({"runtimeData": 1}, "sim.request"),
            ({"runtimeData": "AA", "reportData": "00" * 64}, "sim.request"),
        ):
            with self.subTest(body=body):
                answer = self.server.post(path, body)
                self.check_error(answer, 400, "InvalidParameter", where)
        fields = {"mrenclave": "ab" * 32, "mrsigner": "cd" * 32, "productId": 65535, "svn": 7, "debug": True}
        _, claims, _ = self.attest({"quote": self.server.quote(**fields)["quote"]})
        seen = {name: claims["x-ms-sgx-" + name] for name in ("mrenclave", "mrsigner", "product-id", "svn", "is-debuggable")}
        self.assertEqual(seen, {"mrenclave": "ab" * 32, "mrsigner": "cd" * 32, "product-id": 65535, "svn": 7, "is-debuggable": True})

    def test_many_clients_at_once_are_all_served(self):
        def one(number):
            _, claims, _ = self.attest({"report": self.report, "nonce": str(number)}, OPEN_ENCLAVE)
            return claims["nonce"], claims["jti"]

        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            seen = list(pool.map(one, range(CLIENTS)))
        self.assertEqual([nonce for nonce, _ in seen], [str(number) for number in range(CLIENTS)])
        self.assertEqual(len({jti for _, jti in seen}), CLIENTS)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
