"""Several configured nodes on one PostgreSQL, with whoever manages and asks them: for tests.

    with Cluster(program, clock_library, vectors) as cluster:
        node = cluster.nodes[0]
        node.attest("default")           # (status, claims of the token or the error's where)
        node.manage("PUT", "/policies/SgxEnclave", body, "tenant")

Their wall clock stands at the moment for which the recorded evidence and endorsements hold.
"""

import calendar
import contextlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse

import dev_server
import postgres_server
import tls_server
import tokens

CLOCK = "2025-06-26T17:19:45Z"
QUOTE = "intel/quotes/sgx-v3-00906ed50000-azure-intelsdk.bin"
DOMAIN = "attest.example"
DATA, CONTROL = "https://attest.azure.net", "https://management.azure.com"
PROVIDERS = "/subscriptions/cluster/resourceGroups/cluster/providers/Microsoft.Attestation/attestationProviders"
ARM_VERSION = "?api-version=2020-10-01"
RECOVERY_SECONDS = 30


def openssl(folder, *arguments):
    return subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True).stdout


def policy_hash(text):
    """x-ms-policy-hash (maa-rest-api section 3.2)."""
    return tokens.encode(tokens.hashlib.sha256(tokens.encode(text.encode()).encode()).digest())


def unsigned(payload):
    return ".".join([tokens.encode(b'{"alg":"none"}'), tokens.encode(json.dumps(payload).encode()), ""])


def policy_body(text):
    return {"AttestationPolicy": tokens.encode(text.encode())}


class Signer:
    """An RSA key and its certificate, in files of a folder."""

    def __init__(self, folder, name):
        self.folder, self.key = folder, f"{name}.key"
        request = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}", "-keyout", self.key]
        der = openssl(folder, *request, "-outform", "DER")
        self.jwk = {"kty": "RSA", "alg": "RS256", "use": "sig", "x5c": [tokens.base64.b64encode(der).decode()]}

    def sign(self, payload):
        header = {"alg": "RS256", "x5c": self.jwk["x5c"]}
        signed = ".".join(tokens.encode(json.dumps(part).encode()) for part in (header, payload))
        done = subprocess.run(
            ["openssl", "dgst", "-sha256", "-sign", self.key], cwd=self.folder, input=signed.encode(), check=True, capture_output=True
        )
        return f"{signed}.{tokens.encode(done.stdout)}"

    def sign_change(self, other):
        """That `other` be added or removed."""
        return self.sign({"policyCertificate": other.jwk})


class Node(dev_server.Server):
    """One node. A connection is kept for each thread, which hangs up at its end."""

    def __init__(self, cluster, name, max_staleness):
        self.cluster, self.name = cluster, name
        port = dev_server.free_port()
        config = cluster.folder / f"{name}.toml"
        config.write_text(cluster.config(port, max_staleness), encoding="utf-8")
        super().__init__(
            cluster.program, ["--config", str(config)], ca_file=cluster.folder / "tls.pem", port=port, environment=cluster.environment
        )
        self.kept = threading.local()

    def ask(self, method, path, body=None, instance="default", token=None):
        """The answer; OSError or HTTPException when there is none."""
        headers = {"Content-Type": "application/json", "Host": f"{instance}.{DOMAIN}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if getattr(self.kept, "of", None) is not self.process:
            self.hang_up()
            self.kept.connection, self.kept.of = self.connection(), self.process
        try:
            return self.request(method, path, body, headers, self.kept.connection)
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self):
        if getattr(self.kept, "of", None) is not None:
            self.kept.connection.close()
            self.kept.of = None

    def __exit__(self, *unused):
        self.hang_up()
        super().__exit__(*unused)

    def manage(self, method, path, body=None, instance="default"):
        return self.ask(method, path, body, instance, self.cluster.tokens[DATA])

    def control(self, method, name, body=None):
        return self.ask(method, f"{PROVIDERS}/{name}{ARM_VERSION}", body, token=self.cluster.tokens[CONTROL])

    def set_policy(self, kind, text, instance="default"):
        return self.manage("PUT", f"/policies/{kind}", unsigned(policy_body(text)), instance)

    def attest(self, instance="default"):
        """(200, the token's claims), or (status, the answer)."""
        answer = self.ask("POST", "/attest/SgxEnclave", self.cluster.evidence, instance)
        return (200, tokens.split(answer.json()["token"])[1]) if answer.status == 200 else (answer.status, answer)

    def history(self, kind, instance="default"):
        """Oldest first."""
        answer = self.manage("GET", f"/vidimus/v1/policies/{kind}/history", instance=instance)
        if answer.status != 200:
            raise AssertionError(f"{self.name}: history of {kind}: {answer.status} {answer.body[:400]}")
        return answer.json()["history"][::-1]

    def readiness(self):
        answer = self.ask("GET", "/readyz")
        return answer.status, answer.json()["status"]

    def await_readiness(self, status, word, seconds=RECOVERY_SECONDS):
        deadline = time.monotonic() + seconds
        while (found := self.readiness()) != (status, word):
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}: /readyz says {found}, expected {(status, word)} within {seconds} s:\n{self.log()}")
            time.sleep(0.05)


class Cluster:
    def __init__(self, program, clock_library, vectors, nodes=3):
        self.program, self.vectors, self.count = program, vectors, nodes
        moment = calendar.timegm(time.strptime(CLOCK, "%Y-%m-%dT%H:%M:%SZ"))
        self.environment = {"LD_PRELOAD": str(clock_library), "VIDIMUS_TEST_CLOCK": str(moment)}
        quote = (vectors / QUOTE).read_bytes()
        self.evidence = json.dumps({"quote": tokens.encode(quote), "runtimeData": {"data": "AQIDBAUG", "dataType": "Binary"}})
        self.things = contextlib.ExitStack()

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vidimus-cluster-"))
            undo.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self._make_keys()
            self.postgres = undo.enter_context(postgres_server.PostgresServer())
            self.store_url = self.postgres.new_database()
            self.authority = undo.enter_context(dev_server.Server(self.program, environment=self.environment))
            self.client = json.loads((self.authority.state / "client.json").read_text(encoding="utf-8"))
            self.tokens = {resource: self._sign_in(resource) for resource in (DATA, CONTROL)}
            self.nodes = [undo.enter_context(Node(self, f"node{at + 1}", 300)) for at in range(self.count)]
            self._own("default")
            self.things = undo.pop_all()
        return self

    def __exit__(self, *_):
        self.things.close()

    def _make_keys(self):
        tls_server.make_tls(self.folder, "localhost")
        openssl(self.folder, "rand", "-hex", "-out", "master.key", "32")
        (self.folder / "master.key").chmod(0o600)

    def _sign_in(self, resource):
        form = {"grant_type": "client_credentials", "scope": f"{resource}/.default"}
        form |= {name: self.client[name] for name in ("client_id", "client_secret")}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self.authority.post("/dev/oauth2/v2.0/token", urllib.parse.urlencode(form), headers).json()["access_token"]

    def _own(self, instance):
        """Makes the one client there is the owner of an instance, as the operator may."""
        grant = {"issuer": f"{self.authority.issuer}/dev/v2.0", "claim": "sub", "value": self.client["client_id"], "role": "owner"}
        for node in self.nodes:  # each finds the issuer's keys now, and not while something is measured
            answer = node.manage("PATCH", "/vidimus/v1/settings", {"grants": [grant]}, instance)
            if answer.status != 200:
                raise AssertionError(f"grants: {answer.status} {answer.body[:400]}")

    def config(self, port, max_staleness):
        trusted = f'issuer = "{self.authority.issuer}/dev/v2.0"'
        return f"""
listen = "127.0.0.1:{port}"
issuer = "https://default.{DOMAIN}"
endorsements = ["{self.vectors}/intel/collateral"]
tls.certificate = "tls.pem"
tls.key = "tls.key"
keys.master = "master.key"
store.url = "{self.store_url}"
store.max_staleness = {max_staleness}
instances.url = "https://{{name}}.{DOMAIN}"
sgx.accept_tcb = ["UpToDate", "OutOfDate"]
[[auth.issuer]]
{trusted}
ca = "{self.authority.ca_file}"
[[auth.operator]]
{trusted}
claim = "sub"
value = "{self.client["client_id"]}"
"""

    def create(self, name, signers=()):
        """A new instance, isolated when signers are given, once every node has it."""
        properties = {"policySigningCertificates": {"keys": [one.jwk for one in signers]}} if signers else {}
        answer = self.nodes[0].control("PUT", name, {"location": "here", "properties": properties})
        if answer.status != 201:
            raise AssertionError(f"{name}: {answer.status} {answer.body[:400]}")
        for node in self.nodes:
            deadline = time.monotonic() + RECOVERY_SECONDS
            while node.ask("GET", "/certs", instance=name).status != 200:
                if time.monotonic() > deadline:
                    raise AssertionError(f"{node.name} does not know {name}")
                time.sleep(0.02)
        return name
