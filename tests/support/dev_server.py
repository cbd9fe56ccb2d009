"""A `vidimus serve` as a child process, for tests: start it, ask it, read its log, stop it.

Every server has a folder and a port of its own, so tests run beside each other. `with` stops it whatever happens.
"""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import urllib.parse

START_SECONDS = 60  # a first start makes RSA keys, under sanitizers too
STOP_SECONDS = 20


def skip(reason):
    """Ends the test loudly: skipped (77), or failed where CI=true."""
    print(f"*** NOT TESTED: {reason} ***", file=sys.stderr)
    sys.exit(1 if os.environ.get("CI") == "true" else 77)


def vectors():
    """The folder of recorded evidence, without which the test is skipped."""
    folder = pathlib.Path(os.environ.get("VIDIMUS_VECTORS", "../shared/vectors"))
    if not (folder / "intel" / "index.json").is_file():
        skip(f"no recorded evidence in {folder}: set VIDIMUS_VECTORS")
    return folder


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Server:
    """A dev server with these arguments besides. With `ca_file` and `port`, one whose arguments say where it is and what it shows.

    `state` is kept when given, else removed at the end. `environment` is added to the test's own.
    """

    def __init__(self, program, arguments=None, state=None, ca_file=None, port=None, environment=None):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vidimus-test-"))
        self.state = pathlib.Path(state) if state else self.folder / "state"
        self.ca_file = ca_file or self.state / "keys" / "ca.pem"
        if ca_file is None:
            arguments = ["--dev", "--listen", "127.0.0.1:0", "--state", str(self.state), *(arguments or [])]
        self.port = port
        self.command = [program, "serve", *arguments]
        self.environment = environment or {}
        self.process = None
        self.issuer = None

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        self._log_file = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self._log_file, env=os.environ | self.environment)
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        line = self.process.stdout.readline().decode()
        watchdog.cancel()
        if not line.startswith("listening https://"):
            raise AssertionError(f"expected a listening line from {self.command}, found {line!r} and the log:\n{self.log()}")
        self.issuer = line.split()[1]
        self.port = self.port or int(self.issuer.rsplit(":", 1)[1])
        self.tls = ssl.create_default_context(cafile=str(self.ca_file))

    def __exit__(self, *unused):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process:
            self.process.stdout.close()
            self._log_file.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def terminate(self, seconds):
        """The exit status after SIGTERM; TimeoutExpired when it takes longer."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def kill(self):
        """SIGKILL: it has no time for anything."""
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self._log_file.close()

    def restart(self):
        """After kill: the same server, with the same state and port."""
        self._start()

    def log(self):
        return (self.folder / "log").read_text(errors="replace")

    def resident_kib(self):
        """0 of a sanitized program, whose memory is mostly the sanitizer's."""
        if b"__asan_init" in pathlib.Path(self.command[0]).read_bytes():
            return 0
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))

    def connect(self):
        """A TLS socket, for what http.client would not send."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.tls.wrap_socket(plain, server_hostname="localhost")

    def connection(self, port=None):
        """To another port of the same server where one is given."""
        return http.client.HTTPSConnection("localhost", port or self.port, context=self.tls, timeout=60)

    def request(self, method, path, body=None, headers=None, connection=None):
        """`body`: bytes or text as they are, anything else as JSON. Over a connection of its own unless one is given."""
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        used = connection or self.connection()
        used.request(method, path, body, {"Content-Type": "application/json"} if headers is None else headers)
        answer = used.getresponse()
        out = Answer(answer.status, answer.headers, answer.read())
        if connection is None:
            used.close()
        return out

    def get(self, path):
        return self.request("GET", path)

    def post(self, path, body, headers=None):
        return self.request("POST", path, body, headers)

    def bearer(self, audience="https://attest.azure.net"):
        """The headers of a caller who has signed in at the dev authority with STATE/client.json."""
        client = json.loads((self.state / "client.json").read_text(encoding="utf-8"))
        form = {name: client[name] for name in ("client_id", "client_secret")}
        form |= {"grant_type": "client_credentials", "scope": audience + "/.default"}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.request("POST", f"/{client['tenant']}/oauth2/v2.0/token", urllib.parse.urlencode(form), headers)
        if answer.status != 200:
            raise AssertionError(f"expected to sign in, found {answer.status}: {answer.body[:400]!r}")
        return {"Authorization": "Bearer " + answer.json()["access_token"]}

    def create_instance(self, name, signers=()):
        """The new instance as the control plane shows it, isolated when there are `signers`: certificates in base64."""
        keys = [{"kty": "RSA", "x5c": [signer]} for signer in signers]
        properties = {"policySigningCertificates": {"keys": keys}} if keys else {}
        path = (
            "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/tests/providers/Microsoft.Attestation"
            f"/attestationProviders/{name}?api-version=2021-06-01"
        )
        headers = self.bearer(self.issuer) | {"Content-Type": "application/json"}
        answer = self.request("PUT", path, {"location": "local", "properties": properties}, headers)
        if answer.status != 201:
            raise AssertionError(f"expected a new instance {name}, found {answer.status}: {answer.body[:400]!r}")
        return answer.json()

    def quote(self, **fields):
        """Evidence of a software enclave: {"quote", "report"} in base64url."""
        return self.post("/vidimus/v1/sim/sgx/quote", fields).json()


def free_port():
    """A port that was free a moment ago: for servers that cannot say which one they took."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def start_failure(program, arguments):
    """(exit status, standard error) of a `serve` that is expected to give up."""
    done = subprocess.run(
        [program, "serve", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=START_SECONDS, check=False
    )
    return done.returncode, done.stderr
