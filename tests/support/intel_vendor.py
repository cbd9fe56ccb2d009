"""Intel's service for endorsements (PCS v4) and its caching server (PCCS), for tests: an HTTPS server that gives recorded documents.

It serves a folder tree of documents by what they are, counts who asks for what, and misbehaves for the paths it is told to:

    with IntelVendor(folder, collateral) as vendor:     # folder: with tls.pem and tls.key of tls_server.make_tls
        vendor.misbehave("/sgx/certification/v4/tcb", status(429, **{"Retry-After": "7"}), times=2)
        ...vendor.url...
        vendor.asked("/sgx/certification/v4/tcb")       # the requests of that path, with their queries
"""

import collections
import http.server
import json
import pathlib
import re
import threading
import time
import urllib.parse

import tls_server

PREFIX = re.compile(r"/(sgx|tdx)/certification/v4/(.+)")
HEADERS = {
    "tcb": "TCB-Info-Issuer-Chain",
    "qe/identity": "SGX-Enclave-Identity-Issuer-Chain",
    "tcbevaluationdatanumbers": "TCB-Evaluation-Data-Numbers-Issuer-Chain",
    "pckcrl": "SGX-PCK-CRL-Issuer-Chain",
}
CHUNK = 64 * 1024


class Document:
    """What a file of endorsements speaks for: `key` is (tee, resource, subject), `number` an evaluation number or None."""

    def __init__(self, path):
        self.path, self.content, self.number = path, path.read_bytes(), None
        if path.suffix == ".json":
            name, body = next(iter(json.loads(self.content).items()))
            self.issued = body["issueDate"]
            tee = "tdx" if body["id"] in ("TDX", "TD_QE") else "sgx"
            self.number = body.get("tcbEvaluationDataNumber")
            resource = {"tcbInfo": "tcb", "enclaveIdentity": "qe/identity", "tcbEvaluationDataNumbers": "tcbevaluationdatanumbers"}[name]
            self.key = (tee, resource, body.get("fmspc", "").lower())
        else:
            # The recordings are named by what they are of and when they were issued.
            of, self.issued = re.fullmatch(r"(.+?)(?:_(\d{8}T\d{6}Z))?", path.stem).groups()
            self.issued = self.issued or ""
            subject = "root" if "root" in of else "processor" if "processor" in of else "platform"
            self.key = ("sgx", "rootcacrl" if subject == "root" else "pckcrl", "" if subject == "root" else subject)


def load(folder):
    """The documents of a folder tree: TCB info of version 3, identities, lists of numbers and CRLs."""
    out = []
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.suffix == ".json" and '"version":2' in path.read_text()[:60] and "tcbInfo" in path.read_text()[:20]:
            continue  # TCB info that only PCS v3 serves
        if path.suffix == ".json" or (path.suffix == ".der" and path.parent.name == "crl"):
            out.append(Document(path))
    return out


def status(code, body=b"", **headers):
    """Another status."""

    def misbehave(handler, answer):
        handler.send(code, headers, body)

    return misbehave


def late(seconds):
    """The right answer, after a while; earlier when the vendor stops."""

    def misbehave(handler, answer):
        handler.vendor.stopping.wait(seconds)
        handler.send(*answer)

    return misbehave


def hang(handler, answer):
    """No answer, until the vendor stops."""
    handler.vendor.stopping.wait()


def truncated(handler, answer):
    """Half of the body that was promised, then the end of the connection."""
    handler.send(*answer, sent=len(answer[2]) // 2)


def endless(handler, answer):
    """A body that does not end while the client reads."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.vendor.stopping.is_set():
        handler.wfile.write(b"{" * CHUNK)


def altered(handler, answer):
    """The right document with one digit of what is signed changed."""
    code, headers, body = answer
    at = body.rfind(b'"svn":')
    at = at + 6 if at >= 0 else len(body) // 2
    handler.send(code, headers, body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :])


def instead(content, chain=None):
    """Another document: of an older issue, of another platform, or none at all."""

    def misbehave(handler, answer):
        code, headers, _ = answer
        handler.send(code, headers if chain is None else dict.fromkeys(headers, urllib.parse.quote(chain)), content)

    return misbehave


def without_chain(handler, answer):
    """The right document without its issuers."""
    handler.send(answer[0], {}, answer[2])


class IntelVendor(tls_server.TlsServer):
    """`with` runs it. `kind`: "pcs" gives CRLs in DER, "pccs" in hexadecimal text unless DER is asked for."""

    def __init__(self, tls, collateral, kind="pcs", now=None):
        self.kind, self.now = kind, now  # now: RFC 3339; what was issued later does not exist yet
        self.documents = load(collateral)
        chains = pathlib.Path(collateral) / "chains"
        self.chains = {
            "signing": (chains / "tcb_signing_20250506_20320506.pem").read_text(),
            "platform": (chains / "pck_crl_issuer_platform.pem").read_text(),
            "processor": (chains / "pck_crl_issuer_processor.pem").read_text(),
        }
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.requests, self.misbehaviour = [], collections.defaultdict(list)
        vendor = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def setup(self):
                super().setup()
                self.vendor = vendor

            def do_GET(self):
                url = urllib.parse.urlsplit(self.path)
                answer = vendor.answer(url.path, dict(urllib.parse.parse_qsl(url.query)))
                act = vendor.next_act(url.path, self.path)
                act(self, answer) if act else self.send(*answer)

            def send(self, code, headers, body, sent=None):
                self.send_response(code)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:sent])

            def log_message(self, *unused):
                pass

        super().__init__(tls, Handler)

    def stop_waiting(self):
        self.stopping.set()

    def misbehave(self, path, act, times=None):
        """The next `times` requests of a path, or all of them, get `act` instead. Later calls come after earlier ones."""
        with self.lock:
            self.misbehaviour[path].append([act, times])

    def behave(self):
        with self.lock:
            self.misbehaviour.clear()

    def next_act(self, path, target):
        with self.lock:
            self.requests.append(target)
            acts = self.misbehaviour[path]
            if not acts:
                return None
            act, times = acts[0]
            if times is not None:
                acts[0][1] = times - 1
                if times == 1:
                    acts.pop(0)
            return act

    def asked(self, path=None):
        with self.lock:
            return [one for one in self.requests if path is None or urllib.parse.urlsplit(one).path == path]

    def wait_for(self, path, count=1, seconds=30):
        """Until a path was asked for so often."""
        end = time.monotonic() + seconds
        while len(self.asked(path)) < count:
            assert time.monotonic() < end, f"{path} was asked for {len(self.asked(path))} times, expected {count}"
            time.sleep(0.01)

    def newest(self, key, number=None):
        found = [one for one in self.documents if one.key == key and (number is None or one.number == number)]
        if self.now:
            limit = re.sub(r"[-:]", "", self.now)
            found = [one for one in found if re.sub(r"[-:]", "", one.issued) <= limit]
        # update=early: the highest number.
        return max(found, key=lambda one: (one.number or 0, re.sub(r"[-:]", "", one.issued)), default=None)

    def answer(self, path, query):
        """(status, headers, body) when all is well."""
        match = PREFIX.fullmatch(path)
        if path == "/IntelSGXRootCA.der" or not match:
            return (404, {}, b"")
        tee, resource = match.groups()
        subject = query.get("fmspc", query.get("ca", "")).lower()
        number = query.get("tcbEvaluationDataNumber")
        if number is not None and "update" in query:
            return (400, {}, b"")
        document = self.newest((tee, resource, subject), None if number is None else int(number))
        if document is None:
            return (404, {}, b"")
        body = document.content
        if resource == "rootcacrl" or (resource == "pckcrl" and self.kind == "pccs" and query.get("encoding") != "der"):
            body = body.hex().encode()
        headers = {}
        if resource in HEADERS:
            headers[HEADERS[resource]] = urllib.parse.quote(self.chains[subject if resource == "pckcrl" else "signing"], safe="+/=")
        return (200, headers, body)
