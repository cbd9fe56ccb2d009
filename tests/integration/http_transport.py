#!/usr/bin/env python3
"""HTTP and TLS as clients, slow networks and attackers speak them, against a dev server.

usage: http_transport.py VIDIMUS_PROGRAM
"""

import json
import pathlib
import socket
import ssl
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
SGX = "/attest/SgxEnclave?api-version=2022-08-01"
BODY_LIMIT = 4 * 1024 * 1024  # limits::kRequestBodyBytes
REQUEST_SECONDS = 30  # limits::kRequestSeconds
RESIDENT_LIMIT_KIB = 256 * 1024


class Reader:
    """Reads answers off a connection, one after the other."""

    def __init__(self, connection):
        self.connection, self.rest = connection, b""

    def _more(self):
        octets = self.connection.recv(65536)
        if not octets:
            raise EOFError(f"closed after {self.rest[:200]!r}")
        self.rest += octets

    def head(self):
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        return int(lines[0].split(" ")[1]), {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])
        }

    def answer(self):
        status, headers = self.head()
        size = int(headers["content-length"])
        while len(self.rest) < size:
            self._more()
        body, self.rest = self.rest[:size], self.rest[size:]
        return status, headers, body

    def is_closed(self):
        try:
            return self.connection.recv(1) == b""
        except (ConnectionError, ssl.SSLError):
            return True


class Transport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(dev_server.Server(PROGRAM))
        cls.body = json.dumps({"quote": cls.server.quote()["quote"]}).encode()
        # Its time passes while the other tests run.
        cls.stalled = cls.server.connect()
        cls.stalled_since = time.monotonic()
        cls.stalled.sendall(cls.head(["Content-Length: 100"]) + b'{"quote":')

    @classmethod
    def tearDownClass(cls):
        cls.stalled.close()
        resident = cls.server.resident_kib()
        if cls.server.get("/healthz").status != 200 or resident > RESIDENT_LIMIT_KIB:
            raise AssertionError(f"the server is not well: resident {resident} KiB")

    @staticmethod
    def head(lines, request=f"POST {SGX} HTTP/1.1"):
        return "\r\n".join([request, "Host: localhost", *lines, "", ""]).encode()

    def converse(self, *pieces):
        """The connection after those octets were sent, and a reader of what it answers."""
        connection = self.server.connect()
        self.addCleanup(connection.close)
        for piece in pieces:
            connection.sendall(piece)
        return connection, Reader(connection)

    def check_error(self, answer, status, code, where):
        found, headers, body = answer
        self.assertEqual(found, status, body[:300])
        self.assertEqual(headers["content-type"], "application/json; charset=utf-8")
        self.assertRegex(headers["x-ms-request-id"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-00$")
        error = json.loads(body)["error"]
        self.assertEqual((error["code"], error["vidimus"]["where"]), (code, where))
        self.assertEqual(error["vidimus"]["request_id"], headers["x-ms-request-id"])
        self.assertEqual(error["innererror"], {"code": error["code"], "message": error["message"]})

    def check_token(self, answer):
        self.assertEqual(answer[0], 200, answer[2][:300])
        tokens.split(json.loads(answer[2])["token"])

    def test_a_body_of_100_mb_is_refused_and_not_kept(self):
        before = self.server.resident_kib()
        connection, reader = self.converse(self.head([f"Content-Length: {100 * 1024 * 1024}"]))
        try:
            for _ in range(100):
                connection.sendall(b" " * 1024 * 1024)
        except OSError:
            pass  # it may stop reading; it has answered before
        self.check_error(reader.answer(), 413, "RequestBodyTooLarge", "net.http.body_size")
        self.assertLess(self.server.resident_kib() - before, 32 * 1024)

    def test_a_chunked_body_over_the_limit_is_refused(self):
        _, reader = self.converse(self.head(["Transfer-Encoding: chunked"]), *([b"100000\r\n" + b" " * 0x100000 + b"\r\n"] * 5))
        self.check_error(reader.answer(), 413, "RequestBodyTooLarge", "net.http.body_size")

    def test_a_body_at_the_limit_is_served_and_one_past_it_refused(self):
        padding = b" " * (BODY_LIMIT - len(self.body))
        _, reader = self.converse(self.head([f"Content-Length: {BODY_LIMIT}"]), self.body, padding)
        self.check_token(reader.answer())
        _, reader = self.converse(self.head([f"Content-Length: {BODY_LIMIT + 1}"]))
        self.check_error(reader.answer(), 413, "RequestBodyTooLarge", "net.http.body_size")

    def test_a_chunked_body_is_served(self):
        half = len(self.body) // 2
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (self.body[:half], self.body[half:])) + b"0\r\n\r\n"
        _, reader = self.converse(self.head(["Transfer-Encoding: chunked"]), chunks)
        self.check_token(reader.answer())

    def test_a_slow_body_is_served(self):
        connection, reader = self.converse(self.head([f"Content-Length: {len(self.body)}"]))
        step = len(self.body) // 20 + 1
        for at in range(0, len(self.body), step):
            connection.sendall(self.body[at : at + step])
            time.sleep(0.1)
        self.check_token(reader.answer())

    def test_stalled_body_is_given_up_in_the_end(self):
        self.stalled.settimeout(REQUEST_SECONDS + 30)
        self.check_error(Reader(self.stalled).answer(), 408, "RequestTimeout", "net.http.timeout")
        self.assertGreater(time.monotonic() - self.stalled_since, REQUEST_SECONDS - 2)

    def test_two_framings_at_once_are_refused_and_nothing_after_them_is_read(self):
        smuggled = self.head([], "GET /certs HTTP/1.1")
        for lines in (
            ["Content-Length: 5", "Transfer-Encoding: chunked"],
            ["Transfer-Encoding: chunked", "Content-Length: 5"],
            ["Content-Length: 5", "Content-Length: 6"],
            ["Transfer-Encoding: gzip, chunked"],
            ["Transfer-Encoding: identity"],
            ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ):
            with self.subTest(lines=lines):
                _, reader = self.converse(self.head(lines) + b"0\r\n\r\n" + smuggled)
                self.check_error(reader.answer(), 400, "InvalidParameter", "net.http.framing")
                self.assertTrue(reader.is_closed())

    def test_what_is_no_http_request_is_refused(self):
        for octets in (
            b"nonsense\r\n\r\n",
            b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
            b"GET  /certs HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"GET /certs HTTP/1.1\r\n\r\n",
            b"GET /certs HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
            b"GET certs HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"\0\1\2\3\r\n\r\n",
            b"GET /certs HTTP/1.1\r\nHost: localhost\r\nBad Name: 1\r\n\r\n",
            b"GET /certs HTTP/1.1\r\nHost: localhost\r\nName : 1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
        ):
            with self.subTest(octets=octets):
                _, reader = self.converse(octets)
                status, headers, body = reader.answer()
                self.assertIn(status, (400, 413))
                self.check_error(
                    (status, headers, body),
                    status,
                    "InvalidParameter" if status == 400 else "RequestBodyTooLarge",
                    json.loads(body)["error"]["vidimus"]["where"],
                )
        _, reader = self.converse(self.head(["X-Long: " + "x" * 20000]))
        self.check_error(reader.answer(), 431, "RequestHeadersTooLarge", "net.http.header_size")

    def test_expect_100_continue_is_answered_before_the_body(self):
        connection, reader = self.converse(self.head([f"Content-Length: {len(self.body)}", "Expect: 100-continue"]))
        self.assertEqual(reader.head()[0], 100)
        connection.sendall(self.body)
        self.check_token(reader.answer())

    def test_pipelined_requests_are_answered_in_order(self):
        attest = self.head([f"Content-Length: {len(self.body)}"]) + self.body
        _, reader = self.converse(
            self.head([], "GET /certs HTTP/1.1")
            + attest
            + self.head([], "GET /nonsense HTTP/1.1")
            + attest
            + self.head([], "GET /healthz HTTP/1.1")
        )
        self.assertIn("keys", json.loads(reader.answer()[2]))
        self.check_token(reader.answer())
        self.check_error(reader.answer(), 404, "NotFound", "request.path")
        self.check_token(reader.answer())
        self.assertEqual(json.loads(reader.answer()[2]), {"status": "ok"})

    def test_a_connection_is_kept_or_closed_as_asked(self):
        connection, reader = self.converse(self.head([], "GET /healthz HTTP/1.1"))
        reader.answer()
        connection.sendall(self.head(["Connection: close"], "GET /healthz HTTP/1.1"))
        reader.answer()
        self.assertTrue(reader.is_closed())
        _, reader = self.converse(self.head([], "GET /healthz HTTP/1.0"))
        self.assertEqual(reader.answer()[0], 200)
        self.assertTrue(reader.is_closed())

    def test_head_has_the_headers_of_get_and_no_body(self):
        connection, reader = self.converse(self.head([], "HEAD /certs HTTP/1.1"))
        status, headers = reader.head()
        self.assertEqual(status, 200)
        self.assertEqual(int(headers["content-length"]), len(self.server.get("/certs").body))
        connection.sendall(self.head([], "GET /healthz HTTP/1.1"))
        self.assertEqual(reader.answer()[0], 200)

    def test_old_tls_and_plain_http_are_refused(self):
        for version in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1):
            context = ssl.create_default_context(cafile=str(self.server.ca_file))
            context.set_ciphers("ALL:@SECLEVEL=0")
            with self.assertWarns(DeprecationWarning):
                context.minimum_version, context.maximum_version = version, version
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as plain:
                with self.assertRaises(ssl.SSLError) as caught:
                    context.wrap_socket(plain, server_hostname="localhost")
                self.assertIn("ALERT", caught.exception.reason)  # refused by the server, not by this client
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = ssl.create_default_context(cafile=str(self.server.ca_file))
            context.minimum_version = context.maximum_version = version
            with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as plain, context.wrap_socket(
                plain, server_hostname="127.0.0.1"
            ) as tls:
                self.assertEqual(tls.version(), version.name.replace("_", "."))
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as plain:
            plain.sendall(self.head([], "GET /certs HTTP/1.1"))
            self.assertNotIn(b"HTTP/1.1 2", plain.recv(4096))

    def test_clients_that_go_away_early_harm_nobody(self):
        def leave(octets):
            connection = self.server.connect()
            connection.sendall(octets)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset instead of a close
            connection.close()

        attest = self.head([f"Content-Length: {len(self.body)}"]) + self.body
        workers = [threading.Thread(target=leave, args=(attest[: len(attest) * part // 20],)) for part in range(1, 21)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        self.assertEqual(self.server.get("/healthz").status, 200)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
