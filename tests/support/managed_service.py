"""A dev server and the commands that manage it: what the tests of those share. A test sets PROGRAM first."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import dev_server

PROGRAM = ""
POLICY = """version=1.0;
authorizationrules {
  [type=="x-ms-sgx-is-debuggable", value==false] && [type=="x-ms-sgx-mrsigner", value=="00"] => permit();
};
issuancerules { };
"""
GROUP = ["-g", "tests"]
COMMAND_SECONDS = 120


def make_signer(folder, name):
    """(key, certificate): paths of PEM files."""
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    subprocess.run([*command, "-keyout", key, "-out", certificate], check=True, stderr=subprocess.DEVNULL)
    return key, certificate


def signed_by(signer):
    return ["--signing-key", str(signer[0]), "--signing-cert", str(signer[1])]


class Commands(unittest.TestCase):
    """Runs the program with a profile of its own, and sees that no output ever holds the secret."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="vidimus-manage-")))
        cls.config = cls.folder / "config"
        ports = {name: dev_server.free_port() for name in ("signed", "plain")}
        listeners = [word for name, port in ports.items() for word in ("--instance-listen", f"{name}=127.0.0.1:{port}")]
        cls.server = cls.enterClassContext(dev_server.Server(PROGRAM, listeners))
        cls.urls = {name: f"https://localhost:{port}" for name, port in ports.items()}
        cls.client = json.loads((cls.server.state / "client.json").read_text(encoding="utf-8"))
        cls.secret = cls.client["client_secret"]
        cls.authority = cls.server.issuer + "/dev/v2.0"
        cls.signers = [make_signer(cls.folder, name) for name in ("first", "second")]
        (cls.folder / "policy.txt").write_text(POLICY, encoding="utf-8")

    @classmethod
    def tearDownClass(cls):
        if cls.secret in cls.server.log():
            raise AssertionError("the log holds the secret")

    def environment(self, **more):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("VIDIMUS_", "XDG_"))}
        return kept | {"XDG_CONFIG_HOME": str(self.config)} | more

    def run_command(self, *arguments, stdin="", **environment):
        """(exit status, standard output, standard error)"""
        command = [PROGRAM, *map(str, arguments)]
        self.assertNotIn(self.secret, " ".join(command))
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, env=self.environment(**environment),
                              cwd=self.folder, timeout=COMMAND_SECONDS, check=False)
        self.assertNotIn(self.secret, done.stdout + done.stderr)
        return done.returncode, done.stdout, done.stderr

    def succeed(self, *arguments, **more):
        status, out, err = self.run_command(*arguments, **more)
        self.assertEqual(status, 0, out + err)
        return json.loads(out)

    def fail_with(self, status, text, *arguments, **more):
        found, out, err = self.run_command(*arguments, **more)
        self.assertEqual((found, out), (status, ""), err)
        self.assertIn(text, err)
        return err

    def log_in(self):
        return self.succeed("login", "--dev", self.server.state)

    def set_policy(self, *arguments):
        return ["policy", "set", "--attestation-type", "SgxEnclave", *arguments]


class Managed(Commands):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.log_in(cls("run_command"))

    def at(self, name):
        return ["--url", self.urls[name]]

    def create(self, name, *more):
        made = self.succeed("instance", "create", "-n", name, *GROUP, *more)
        self.addCleanup(self.succeed, "instance", "delete", "-n", name, *GROUP, "--yes")
        return made
