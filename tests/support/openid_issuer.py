"""OpenID issuers for tests: keys made by openssl, tokens signed with them, an HTTPS server with discovery and keys that can misbehave.

An issuer counts who asks it what, so that a test can say that nobody did.
"""

import hashlib
import http.server
import json
import subprocess
import tempfile
import threading

import tls_server
import tokens
from tls_server import openssl

HASHES = {"P-256": "sha256", "P-384": "sha384"}
COORDINATE_BYTES = {"P-256": 32, "P-384": 48}


class RsaKey:
    """Signs RS256 (RFC 8017 section 8.2.1)."""

    def __init__(self, kid):
        self.kid = kid
        self.pem = openssl("genrsa", "2048")
        der = openssl("rsa", "-traditional", "-outform", "DER", given=self.pem)
        numbers = [int.from_bytes(der[slice(*tokens.element(der, at)[1:])], "big") for at in tokens.children(der, 0)]
        self.modulus, self.exponent, self.private = numbers[1:4]
        self.public_pem = openssl("rsa", "-pubout", given=self.pem)
        self.public_der = openssl("rsa", "-pubout", "-outform", "DER", given=self.pem)
        self.modulus_octets = self.modulus.to_bytes(256, "big")

    def jwk(self):
        exponent = tokens.encode(self.exponent.to_bytes(3, "big"))
        return {"kty": "RSA", "use": "sig", "kid": self.kid, "n": tokens.encode(self.modulus_octets), "e": exponent}

    def sign(self, octets):
        digest = tokens.SHA256_DIGEST_INFO + hashlib.sha256(octets).digest()
        padded = b"\0\1" + b"\xff" * (256 - len(digest) - 3) + b"\0" + digest
        return pow(int.from_bytes(padded, "big"), self.private, self.modulus).to_bytes(256, "big")


class EcKey:
    """Signs ES256 or ES384 (RFC 7518 section 3.4)."""

    def __init__(self, kid, curve="P-256"):
        self.kid, self.curve = kid, curve
        self.pem = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}")
        self.point = openssl("pkey", "-pubout", "-outform", "DER", given=self.pem)[-2 * COORDINATE_BYTES[curve] :]

    def jwk(self):
        half = COORDINATE_BYTES[self.curve]
        x, y = tokens.encode(self.point[:half]), tokens.encode(self.point[half:])
        return {"kty": "EC", "use": "sig", "kid": self.kid, "crv": self.curve, "x": x, "y": y}

    def sign(self, octets):
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.pem)
            file.flush()
            der = openssl("dgst", "-" + HASHES[self.curve], "-sign", file.name, given=octets)
        half = COORDINATE_BYTES[self.curve]
        numbers = [int.from_bytes(der[slice(*tokens.element(der, at)[1:])], "big") for at in tokens.children(der, 0)]
        return b"".join(number.to_bytes(half, "big") for number in numbers)


def part(value):
    """A part of a JWS: octets as they are, text, or anything else as JSON."""
    octets = value if isinstance(value, bytes) else value.encode() if isinstance(value, str) else json.dumps(value).encode()
    return tokens.encode(octets)


def signed(header, payload, sign):
    """A compact JWS; `sign`: octets to octets."""
    text = part(header) + "." + part(payload)
    return text + "." + tokens.encode(sign(text.encode()))


class Web(tls_server.TlsServer):
    """An HTTPS server of 127.0.0.1 that gives what it is told to give and remembers what it was asked. `with` stops it."""

    def __init__(self, folder):
        self.documents, self.asked = {}, []
        self.free = threading.Event()  # clear: every answer waits
        self.free.set()
        web = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                web.asked.append(self.path)
                web.free.wait()
                status, headers, body = web.documents.get(self.path, (404, {}, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *unused):
                pass

        super().__init__(folder, Handler)

    def stop_waiting(self):
        self.free.set()

    def give(self, path, value, status=200, **headers):
        self.documents[path] = (status, headers, value if isinstance(value, bytes) else json.dumps(value).encode())


class Issuer(Web):
    """One that behaves: an RSA key "rsa", a P-256 key "ec", a P-384 key "p384", and tokens with what a test asks for."""

    def __init__(self, folder, now, audience):
        super().__init__(folder)
        self.now, self.audience = now, audience
        self.rsa, self.ec, self.p384 = RsaKey("rsa"), EcKey("ec"), EcKey("p384", "P-384")
        self.give("/.well-known/openid-configuration", {"issuer": self.url, "jwks_uri": self.url + "/keys"})
        self.give("/keys", {"keys": [key.jwk() for key in (self.rsa, self.ec, self.p384)]})

    def claims(self, **more):
        """Those of a good token; None takes one away."""
        good = {"iss": self.url, "sub": "someone", "aud": self.audience, "exp": self.now + 3600, "nbf": self.now - 60} | more
        return {name: value for name, value in good.items() if value is not None}

    def token(self, header=None, key=None, payload=None, **claims):
        key = key or self.rsa
        usual = {"alg": "RS256" if isinstance(key, RsaKey) else "ES256", "typ": "at+jwt", "kid": key.kid}
        return signed(usual | (header or {}), payload if payload is not None else self.claims(**claims), key.sign)
