"""A `vidimus serve --config` with two OpenID issuers and two instances, for tests of who may do what.

`alpha` is an AAD instance, whose roles are claims of the first issuer; `beta` an isolated one, whose roles are claims of the second. The
issuer `hung` answers nothing while a test asks for that.
"""

import base64
import calendar
import contextlib
import os
import pathlib
import tempfile
import time

import dev_server
import openid_issuer
import secrecy
import tls_server
import tokens

CLOCK = "2025-06-26T17:19:45Z"  # when the recorded evidence was good
NOW = calendar.timegm(time.strptime(CLOCK, "%Y-%m-%dT%H:%M:%SZ"))
AUDIENCE, ARM_AUDIENCE = "https://attest.example", "https://arm.example"
DOMAIN = "attest.example"
SCOPE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Attestation/attestationProviders"
ROLES = ("reader", "contributor", "owner")


class PolicySigner:
    """A policy signer of an isolated instance."""

    def __init__(self):
        self.key = openid_issuer.RsaKey("signer")
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.key.pem)
            file.flush()
            der = tls_server.openssl(
                "req", "-x509", "-new", "-key", file.name, "-subj", "/CN=signer", "-days", "3650", "-outform", "DER"
            )
        self.x5c = [base64.b64encode(der).decode()]
        self.jwk = {"kty": "RSA", "x5c": self.x5c}

    def sign(self, payload):
        return openid_issuer.signed({"alg": "RS256", "x5c": self.x5c}, payload, self.key.sign)


class Tenants:
    """`with` starts and stops everything; the log is searched for secrets at the end."""

    def __init__(self, program, clock_library, vectors, more_issuers=""):
        self.program, self.clock_library, self.vectors, self.more_issuers = program, clock_library, vectors, more_issuers
        self.secrets = secrecy.Secrets()

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="vidimus-test-")))
            tls_server.make_tls(self.folder, "localhost", "*." + DOMAIN, DOMAIN)
            self.first, self.second = (stack.enter_context(openid_issuer.Issuer(self.folder, NOW, AUDIENCE)) for _ in range(2))
            self.signer = PolicySigner()
            self._start(stack)
            self._make_instances()
            self.running = stack.pop_all()
        return self

    def __exit__(self, *unused):
        self.running.close()

    def _start(self, stack):
        master = os.urandom(32).hex()
        (self.folder / "master.key").write_text(master)
        (self.folder / "master.key").chmod(0o600)
        self.secrets.add("master key", master)
        self.port = dev_server.free_port()
        lines = [
            f'listen = "127.0.0.1:{self.port}"',
            f'issuer = "https://{DOMAIN}"',
            f'endorsements = ["{self.vectors}/intel/collateral"]',
            "[tls]",
            'certificate = "tls.pem"',
            'key = "tls.key"',
            "[keys]",
            'master = "master.key"',
            "[sgx]",
            'accept_tcb = ["UpToDate", "OutOfDate"]',
            "[instances]",
            f'url = "https://{{name}}.{DOMAIN}"',
        ]
        for issuer in (self.first, self.second):
            lines += self.trusted(issuer.url)
        lines += [self.more_issuers, "[[auth.operator]]", f'issuer = "{self.first.url}"', 'claim = "roles"', 'value = "Operator"']
        path = self.folder / "vidimus.toml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.server = dev_server.Server(self.program, ["--config", str(path)], ca_file=self.folder / "tls.pem", port=self.port)
        os.environ |= {"VIDIMUS_TEST_CLOCK": str(NOW), "LD_PRELOAD": str(self.clock_library)}
        try:
            stack.enter_context(self.server)
        finally:
            del os.environ["VIDIMUS_TEST_CLOCK"], os.environ["LD_PRELOAD"]

    @staticmethod
    def trusted(url):
        return [
            "[[auth.issuer]]",
            f'issuer = "{url}"',
            f'audiences = ["{AUDIENCE}"]',
            f'arm_audiences = ["{ARM_AUDIENCE}"]',
            'ca = "tls.pem"',
        ]

    def _make_instances(self):
        for name, keys in (("alpha", []), ("beta", [self.signer.jwk])):
            properties = {"policySigningCertificates": {"keys": keys}} if keys else {}
            body = {"location": "local", "properties": properties}
            answer = self.arm("PUT", f"{SCOPE}/{name}", self.operator(arm=True), body)
            if answer.status != 201:
                raise AssertionError(f"instance {name}: {answer.status} {answer.body!r}\n{self.server.log()}")
        for name, issuer in (("alpha", self.first), ("beta", self.second)):
            grants = [{"issuer": issuer.url, "claim": "roles", "value": role, "role": role} for role in ROLES]
            answer = self.ask(name, "PATCH", "/vidimus/v1/settings", self.operator(), {"grants": grants})
            if answer.status != 200:
                raise AssertionError(f"grants of {name}: {answer.status} {answer.body!r}")

    # Tokens, each remembered as what no log may hold.
    def remember(self, token):
        for part in token.split(".")[1:]:
            if len(part) >= 64:
                self.secrets.add("bearer token", part)
        return token

    def operator(self, arm=False):
        return self.remember(self.first.token(roles=["Operator"], sub="operator", aud=ARM_AUDIENCE if arm else AUDIENCE))

    def of(self, instance, role, **claims):
        """A token with a role on an instance."""
        issuer = {"alpha": self.first, "beta": self.second}[instance]
        return self.remember(issuer.token(roles=[role], sub=f"{role} of {instance}", **claims))

    def ask(self, instance, method, path, token=None, body=None, headers=None):
        """A request on an instance, None: on the default one; the answer."""
        host = f"{instance}.{DOMAIN}" if instance else DOMAIN
        sent = {"Host": host, "Content-Type": "application/json"} | (headers or {})
        if token is not None:
            sent["Authorization"] = "Bearer " + token
        if isinstance(body, str) and body.count(".") == 2:  # a policy's JWS is its author's, and not the log's
            self.remember(body)
        answer = self.server.request(method, path, body, sent)
        self.secrets.check_answer(answer, f"{method} {path}", token)
        return answer

    def arm(self, method, path, token, body=None):
        return self.ask(None, method, path + "?api-version=2021-06-01", token, body)

    def quote(self):
        """Recorded evidence that is good at CLOCK."""
        return tokens.encode((self.vectors / "intel" / "quotes" / "sgx-v3-00906ed50000-azure-intelsdk.bin").read_bytes())
