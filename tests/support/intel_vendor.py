"""A vendor's collateral service over https, in the shape of Intel's PCS v4 and of PCCS, that serves the recorded collateral.

It counts what it was asked for, and misbehaves when told: `behaviours` maps the last part of a path ("tcb", "pckcrl", or "" for any) to one
of the names in BEHAVIOURS.
"""

import collections
import http.server
import json
import pathlib
import re
import ssl
import subprocess
import threading
import urllib.parse

BEHAVIOURS = ("late", "busy", "broken", "missing", "truncated", "unsigned", "stale", "endless", "other", "redirect", "empty")
CHAIN_HEADERS = {
    "tcb": "TCB-Info-Issuer-Chain",
    "identity": "SGX-Enclave-Identity-Issuer-Chain",
    "tcbevaluationdatanumbers": "TCB-Evaluation-Data-Numbers-Issuer-Chain",
    "pckcrl": "SGX-PCK-CRL-Issuer-Chain",
}
ENDLESS_OCTETS = 64 * 1024 * 1024


def make_certificate(folder):
    """(certificate, key): paths of PEM files for localhost."""
    certificate, key = folder / "vendor.pem", folder / "vendor.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
                   check=True, stderr=subprocess.DEVNULL)
    return certificate, key


class Vendor:
    """Serves until its block ends. `at`: the time as in the names of the files, which later ones are not served for."""

    def __init__(self, vectors, folder, at="20250626T171945Z"):
        self.collateral = vectors / "intel" / "collateral"
        self.certificate, key = make_certificate(folder)
        self.at = at
        self.asked = collections.Counter()
        self.behaviours = {}
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        vendor = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                vendor.answer(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def finish_request(self, request, client_address):
                request.settimeout(30)
                with context.wrap_socket(request, server_side=True) as tls:
                    super().finish_request(tls, client_address)

            def handle_error(self, *_):
                pass  # clients that hang up are what some tests are about

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"https://localhost:{self._server.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler):
        url = urllib.parse.urlsplit(handler.path)
        query = dict(urllib.parse.parse_qsl(url.query))
        name = url.path.rsplit("/", 1)[-1]
        with self._lock:
            self.asked[handler.path] += 1
        behaviour = self.behaviours.get(name, self.behaviours.get(""))
        status, headers, body = self.document(url.path, name, query, oldest=behaviour == "stale")
        if behaviour == "late":
            self.stopping.wait(60)
        elif behaviour == "busy":
            status, headers, body = 429, {"Retry-After": "60"}, b"slow down"
        elif behaviour == "broken":
            status, headers, body = 502, {}, b"bad gateway"
        elif behaviour == "missing":
            status, headers, body = 404, {}, b"no such"
        elif behaviour == "empty":
            status, headers, body = 200, {}, b""
        elif behaviour == "redirect":
            status, headers, body = 302, {"Location": self.url + "/elsewhere"}, b""
        elif behaviour == "other":
            headers, body = {}, (self.collateral / "chains" / "intel_sgx_root_ca.pem").read_bytes()
        elif behaviour == "unsigned":
            body = self.spoiled(body)
        self.send(handler, status, headers, body, behaviour)

    def send(self, handler, status, headers, body, behaviour):
        handler.send_response(status)
        for header, value in headers.items():
            handler.send_header(header, value)
        length = ENDLESS_OCTETS if behaviour == "endless" else len(body)
        handler.send_header("Content-Length", str(length))
        handler.end_headers()
        if behaviour == "truncated":
            handler.wfile.write(body[: len(body) // 2])
            handler.close_connection = True
        elif behaviour == "endless":
            for _ in range(ENDLESS_OCTETS // 65536):
                handler.wfile.write(b" " * 65536)
        else:
            handler.wfile.write(body)

    @staticmethod
    def spoiled(body):
        """Still of the right form: one digit of a JSON document's, one bit of a CRL's signature."""
        if body[:1] == b"{":
            document = json.loads(body)
            last = document["signature"][-1]
            return body[::-1].replace(last.encode(), b"1" if last == "0" else b"0", 1)[::-1]
        return body[:-1] + bytes([body[-1] ^ 1])

    def document(self, path, name, query, oldest):
        """(status, headers, body)"""
        tee = "tdx" if path.startswith("/tdx/") else "sgx"
        number = query.get("tcbEvaluationDataNumber", "[0-9]+")
        patterns = {
            "tcb": ("tcbinfo", rf"{tee}_v3_{query.get('fmspc', '')}_e{number}_"),
            "identity": ("qeidentity", rf"{'qe' if tee == 'sgx' else 'td_qe'}_v2_e{number}_"),
            "tcbevaluationdatanumbers": ("evalnumbers", f"{tee}_"),
            "pckcrl": ("crl", f"pck_{query.get('ca', '')}_"),
            "rootcacrl": ("crl", "rootca_"),
        }
        if name not in patterns:
            return 404, {}, b"no such path"
        folder, pattern = patterns[name]
        found = [one for one in (self.collateral / folder).iterdir()
                 if re.match(pattern, one.name) and one.stem.rsplit("_", 1)[-1] <= self.at]
        if not found:
            return 404, {}, b"no such document"
        # The highest number, then the latest issue; or the earliest issue of that number.
        highest = max(re.findall(r"_e([0-9]+)_", one.name) for one in found)
        found = sorted((one for one in found if re.findall(r"_e([0-9]+)_", one.name) == highest), key=lambda one: one.stem.rsplit("_", 1)[-1])
        chosen = found[0] if oldest else found[-1]
        headers = {}
        if name in CHAIN_HEADERS:
            chains = self.collateral / "chains"
            old = name != "pckcrl" and chosen.stem.rsplit("_", 1)[-1] < "20250506"
            chain = (f"pck_crl_issuer_{query.get('ca')}.pem" if name == "pckcrl" else
                     "tcb_signing_20180521_20250521.pem" if old else "tcb_signing_20250506_20320506.pem")
            headers[CHAIN_HEADERS[name]] = urllib.parse.quote((chains / chain).read_text(encoding="ascii"), safe="+")
        return 200, headers, chosen.read_bytes()
