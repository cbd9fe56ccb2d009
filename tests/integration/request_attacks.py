#!/usr/bin/env python3
"""Hosts, paths and header values as an attacker would write them: which instance and which route are meant is never in doubt.

usage: request_attacks.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import json
import pathlib
import re
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tenants  # noqa: E402

PROGRAM, CLOCK_LIBRARY = "", ""
ALPHA = f"alpha.{tenants.DOMAIN}"
METADATA = "/.well-known/openid-configuration"
POLICY = "/policies/SgxEnclave"
INJECTIONS = (
    "x\r\nSet-Cookie: a=b",
    "x%0d%0aSet-Cookie:%20a=b",
    "x\nSet-Cookie: a=b",
    "x%0aSet-Cookie:a=b",
    "x\rSet-Cookie: a=b",
    "x%E5%98%8A%E5%98%8DSet-Cookie:a=b",
    "x\\r\\nSet-Cookie: a=b",
)


class Reply:
    def __init__(self, octets):
        head, _, self.body = octets.partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        self.status = int(line.split(" ")[1])
        self.fields = [field.partition(": ") for field in fields]
        self.names = [name.lower() for name, _, _ in self.fields]

    def json(self):
        return json.loads(self.body)

    def where(self):
        return self.json()["error"]["vidimus"]["where"]


class RequestAttacks(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.service = cls.enterClassContext(tenants.Tenants(PROGRAM, CLOCK_LIBRARY, dev_server.vectors().resolve()))

    @classmethod
    def tearDownClass(cls):
        cls.service.secrets.check_log(cls.service.server.log())
        for line in cls.service.server.log().splitlines():
            if json.loads(line)["event"] == "forged":
                raise AssertionError(f"a client wrote this line of the log: {line}")

    def send(self, octets):
        """The answer to octets as they are; closes after it."""
        with self.service.server.connect() as client:
            client.sendall(octets)
            got = b""
            while piece := client.recv(65536):
                got += piece
        self.assertTrue(got, octets[:200])
        self.assertEqual(len(re.findall(rb"(?:^|\n)HTTP/1\.1 ", got)), 1, got[:400])
        reply = Reply(got)
        self.assertNotIn("set-cookie", reply.names)
        self.assertRegex(dict((name, value) for name, _, value in reply.fields)["x-ms-request-id"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
        if reply.status >= 400 and reply.body:
            error = reply.json()["error"]
            self.assertEqual(error["innererror"], {"code": error["code"], "message": error["message"]})
            self.assertLess(len(reply.body), 8192)
        return reply

    def get(self, target, host=ALPHA, fields="", method="GET"):
        lines = f"{method} {target} HTTP/1.1\r\n" + (f"Host: {host}\r\n" if host is not None else "") + fields
        return self.send((lines + "Connection: close\r\n\r\n").encode("utf-8", "surrogateescape"))

    def test_a_host_selects_its_instance_however_it_is_written(self):
        alpha = f"https://{ALPHA}"
        for host in (ALPHA, ALPHA.upper(), ALPHA + ".", ALPHA + ":443", ALPHA + ":1", ALPHA + ".:8443", "ALPHA.Attest.Example:65535"):
            with self.subTest(host=host):
                self.assertEqual(self.get(METADATA, host).json()["issuer"], alpha)

    def test_a_host_outside_of_the_domain_is_the_default_instance(self):
        for host in (
            tenants.DOMAIN,
            "localhost",
            "127.0.0.1",
            "[::1]:8443",
            "alpha",
            f"alpha{tenants.DOMAIN}",
            f"{ALPHA}.evil.example",
            "evil-" + tenants.DOMAIN,
            "alpha.attest.exampl",
        ):
            with self.subTest(host=host):
                self.assertEqual(self.get(METADATA, host).json()["issuer"], f"https://{tenants.DOMAIN}")

    def test_a_name_of_no_instance_is_not_found(self):
        for name in ("gamma", "alpha.alpha", "x.alpha", "alpha-", "alph", "alpha_", "xn--alpha"):
            with self.subTest(name=name):
                reply = self.get(METADATA, f"{name}.{tenants.DOMAIN}")
                self.assertIn((reply.status, reply.where()), ((404, "instance.unknown"), (400, "request.host")))

    def test_a_host_that_is_none_is_refused(self):
        for host in (
            f"{ALPHA}@beta.{tenants.DOMAIN}",
            f"beta.{tenants.DOMAIN}@{ALPHA}",
            f"user:pass@{ALPHA}",
            f"{ALPHA}/",
            f"/{ALPHA}",
            f"{ALPHA}#",
            f"{ALPHA}?x",
            f"{ALPHA}:",
            f"{ALPHA}:x",
            f"{ALPHA}:123456",
            f"{ALPHA}:80:80",
            f"{ALPHA},beta.{tenants.DOMAIN}",
            f"{ALPHA} x",
            f".{ALPHA}",
            f"alpha..{tenants.DOMAIN}",
            f"{ALPHA}..",
            "a" * 300,
            f"%61lpha.{tenants.DOMAIN}",
            f"al%00pha.{tenants.DOMAIN}",
            f"ａlpha.{tenants.DOMAIN}",
            "*",
            "[",
            "[]x",
            "[::1",
            "[::1]x",
            f"[{ALPHA}]",
            "-",
            "..",
            f"{ALPHA}\t",
            f"{ALPHA}\\",
            f"'{ALPHA}'",
        ):
            with self.subTest(host=host):
                reply = self.get(METADATA, host)
                if host == f"{ALPHA}\t":  # white space around a value is none of it
                    self.assertEqual(reply.status, 200)
                    continue
                if reply.status == 200:
                    self.assertNotIn(ALPHA, reply.json()["issuer"])
                self.assertEqual(reply.status, 400, reply.body[:200])
                self.assertIn(reply.where(), ("request.host", "net.http.malformed"))

    def test_there_is_one_host_and_it_is_that_of_the_field(self):
        beta = f"beta.{tenants.DOMAIN}"
        for first, second in ((ALPHA, beta), (ALPHA, ALPHA)):
            self.assertEqual(self.get(METADATA, first, f"host: {second}\r\n").status, 400)
        self.assertEqual(self.get(METADATA, None).status, 400)
        for target in (f"https://{beta}{METADATA}", f"http://{beta}{METADATA}", f"//{beta}{METADATA}", beta + ":443", f"{beta}{METADATA}"):
            with self.subTest(target=target):
                self.assertIn(self.get(target).status, (400, 404))
        for field in ("X-Forwarded-Host", "Forwarded", "X-Host", "X-Original-Host", "X-HTTP-Host-Override", ":authority"):
            value = f"host={beta}" if field == "Forwarded" else beta
            reply = self.get(METADATA, fields=f"{field}: {value}\r\n")
            self.assertTrue(reply.status == 400 or reply.json()["issuer"] == f"https://{ALPHA}", field)

    def test_a_url_of_another_shape_opens_no_door(self):
        """Management routes stay closed and public ones stay themselves; nothing is normalised into something else."""
        for target in (
            "/policies/../certs",
            "/certs/../policies/SgxEnclave",
            "/certs/..;/policies/SgxEnclave",
            "/%2e%2e/policies/SgxEnclave",
            "/certs/%2e%2e/policies/SgxEnclave",
            "/./policies/SgxEnclave",
            "//policies/SgxEnclave",
            "/policies//SgxEnclave",
            "/policies/SgxEnclave//",
            "/policies/SgxEnclave/.",
            "/policies\\SgxEnclave",
            "/policies/SgxEnclave;x=1",
            "/policies/SgxEnclave%00",
            "/policies/SgxEnclave%00.css",
            "/policies/SgxEnclave%20",
            "/policies/SgxEnclave%0a",
            "/policies%252fSgxEnclave",
            "/policies/%",
            "/policies/SgxEnclave%",
            "/policies/SgxEnclave%4",
            "/policies/SgxEnclave%zz",
            "/policies/SgxEnclave%u002f",
            "/policies/%c0%ae%c0%ae/certs",
            "/policies/{type}",
            "/policies/*",
            "/policies/",
            "/policies/Sgx",
            "/policies/SgxEnclave.",
            "/policies/SgxEnclave/x",
            "*",
            "/policies/" + "A" * 8000,
            "/" + "/" * 4000,
            "/" + "%2f" * 2000,
            "/policies/SgxEnclave,Tpm",
            "/healthz/../policies/SgxEnclave",
        ):
            for method in ("GET", "PUT", "POST", "DELETE", "HEAD", "PROPFIND"):
                with self.subTest(target=target[:60], method=method):
                    reply = self.get(target, method=method)
                    self.assertIn(reply.status, (400, 404), reply.body[:200])
        for target in (
            "/policies/SgxEnclave",
            "/POLICIES/sgxenclave",
            "/policies/SgxEnclave/",
            "/policies/Sgx%45nclave",
            "/policies%2fSgxEnclave",
            "/policies/SgxEnclave?/certs",
            "/policies/SgxEnclave?x=..%2f",
            "/policies/SgxEnclave#certs",
        ):
            with self.subTest(target=target):
                reply = self.get(target)
                self.assertIn((reply.status, reply.where()), ((401, "auth.missing"), (404, "request.path"), (400, "net.http.malformed")))

    def test_colons_name_only_what_there_is(self):
        for target in (
            "/policies/SgxEnclave:",
            "/policies/SgxEnclave:set",
            "/policies/SgxEnclave:reset:reset",
            "/policies/SgxEnclave::reset",
            "/policies/SgxEnclave/:reset",
            "/policies/:reset",
            "/policies:reset",
            "/policies/SgxEnclave:reset/x",
            "/certificates:",
            "/certificates:clear",
            "/certificates:add:remove",
            "/vidimus/v1/keys:",
            "/vidimus/v1/keys:rotate:rewrap",
        ):
            for method in ("POST", "PUT", "GET"):
                with self.subTest(target=target, method=method):
                    self.assertEqual(self.get(target, method=method).status, 404)
        for target in ("/policies/SgxEnclave:reset", "/policies/SgxEnclave%3Areset", "/policies/SGXENCLAVE:RESET", "/certificates:add"):
            with self.subTest(target=target):
                reply = self.get(target, fields="Content-Length: 0\r\n", method="POST")
                self.assertEqual((reply.status, reply.where()), (401, "auth.missing"))
                self.assertEqual(self.get(target).status, 405)

    def test_a_method_is_what_the_request_line_says(self):
        token = self.service.of("alpha", "reader")
        for field in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
            reply = self.get(POLICY, fields=f"{field}: PUT\r\nAuthorization: Bearer {token}\r\n")
            self.assertEqual(reply.status, 200)
        for method in ("get", "Get", "GET\0", "TRACE", "CONNECT", "OPTIONS", "X" * 500):
            self.assertIn(self.get(POLICY, method=method).status, (400, 405, 404), method)

    def test_no_value_ends_a_line_of_the_answer(self):
        arm = self.service.operator(arm=True)
        for value in INJECTIONS:
            trace = "00-" + value.ljust(32, "0") + "-" + "0" * 16 + "-00"
            for fields in (
                f"traceparent: {trace}\r\n",
                f"traceparent: {value}\r\n",
                f"x-ms-client-request-id: {value}\r\n",
                f"x-ms-request-id: {value}\r\n",
                f"Origin: {value}\r\n",
                f"tracestate: {value}\r\n",
            ):
                with self.subTest(fields=fields):
                    self.assertIn(self.get("/certs", fields=fields).status, (200, 400))
            if "\r" in value or "\n" in value:
                continue
            target = value.replace(" ", "%20")
            for path in (
                f"/{target}",
                f"/certs?{target}",
                f"/policies/{target}",
                f"{METADATA}?api-version={target}",
                f"{tenants.SCOPE}/{target}?api-version=2021-06-01",
                f"/subscriptions/{target}/resourceGroups/{target}/providers/"
                f"Microsoft.Attestation/attestationProviders/alpha?api-version={target}",
            ):
                for method in ("GET", "PUT", "DELETE"):
                    with self.subTest(path=path, method=method):
                        reply = self.get(path, fields=f"Authorization: Bearer {arm}\r\nContent-Length: 0\r\n", method=method)
                        self.assertNotEqual(reply.status, 500)

    def test_what_an_operator_creates_is_no_header_of_others(self):
        arm = self.service.operator(arm=True)
        body = {"location": "x\r\nSet-Cookie: a=b", "tags": {"a\r\nb": "\r\nSet-Cookie: a=b"}, "properties": {}}
        scope = tenants.SCOPE.replace("/s/", "/s%0d%0aSet-Cookie:a=b/", 1)
        made = self.service.arm("PUT", f"{scope}/lined", arm, body)
        self.assertIn(made.status, (201, 400))
        self.assertIsNone(made.headers["Set-Cookie"])
        self.assertIn(made.headers["Location"], (None, f"https://lined.{tenants.DOMAIN}"))
        for name in (
            "..",
            "%2e%2e",
            "a/b",
            "a%2fb",
            "ab",
            "a" * 25,
            "-abc",
            "abc-",
            "a_b",
            "a.b",
            "default",
            "ａbc",
            "abc%00",
            "abc%0d%0a",
        ):
            with self.subTest(name=name):
                answer = self.service.arm(
                    "PUT",
                    f"{tenants.SCOPE}/" + "".join(c if c < "\x80" else "%EF%BD%81" for c in name),
                    arm,
                    {"location": "x", "properties": {}},
                )
                self.assertIn(answer.status, (400, 404, 405), answer.body[:200])
                self.assertNotIn("Location", answer.headers)

    def test_a_trace_is_taken_over_only_whole(self):
        whole = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        for value, kept in (
            (whole, True),
            (whole.upper(), False),
            (whole[:-1], False),
            (whole + "0", False),
            ("00-" + "0" * 32 + whole[35:], False),
            (whole.replace("a", "g"), False),
            (whole.replace("-", "_"), False),
        ):
            reply = self.get("/certs", fields=f"traceparent: {value}\r\n")
            found = next(text for name, _, text in reply.fields if name == "x-ms-request-id")
            self.assertEqual(found.startswith(whole[:35]), kept, value)

    def test_the_log_stays_one_line_to_a_request(self):
        self.get("/%0a%7b%22event%22:%22forged%22%7d%0d%0a")
        self.get("/x%22,%22event%22:%22forged")
        for line in self.service.server.log().splitlines():
            self.assertTrue(re.fullmatch("[ -~]+", line), line)
            self.assertIsInstance(json.loads(line), dict)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
