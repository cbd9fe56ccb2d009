#!/usr/bin/env python3
"""The commands that manage a running service: login, policy, signer, instance, keys; against a dev server and against services that lie.

usage: manage_command.py VIDIMUS_PROGRAM
"""

import base64
import http.server
import json
import os
import pathlib
import pty
import re
import ssl
import stat
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tokens  # noqa: E402
from policy_api import jws, policy_hash  # noqa: E402

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


class Login(Commands):
    def profile(self):
        return self.config / "vidimus" / "profile.json"

    def tearDown(self):
        self.run_command("logout")

    def test_the_profile_is_private_and_gone_after_logout(self):
        made = self.log_in()
        self.assertEqual((made["profile"], made["authority"], made["url"]), (str(self.profile()), self.authority, self.server.issuer))
        self.assertEqual(stat.S_IMODE(self.profile().stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(self.profile().parent.stat().st_mode), 0o700)
        self.assertEqual([path.name for path in self.profile().parent.iterdir()], ["profile.json"])
        self.assertEqual(len(self.succeed("keys", "list")), 1)
        self.assertTrue(self.succeed("logout")["deleted"])
        self.assertFalse(self.profile().exists())
        self.assertFalse(self.succeed("logout")["deleted"])

    def test_a_client_of_any_openid_provider_signs_in(self):
        secret = self.folder / "secret"
        secret.write_text(self.secret + "\n", encoding="utf-8")
        who = ["login", "--authority", self.authority, "--client-id", self.client["client_id"], "--ca", self.server.ca_file]
        made = self.succeed(*who, "--client-secret-file", secret, "--url", self.server.issuer)
        self.assertEqual(made["managementUrl"], self.server.issuer)
        self.assertEqual(self.succeed("policy", "history", "--type", "TdxVm")["history"], [])
        self.succeed(*who, VIDIMUS_CLIENT_SECRET=self.secret)
        self.fail_with(2, "say --url URL", "keys", "list")
        self.succeed("keys", "list", "--url", self.server.issuer)
        self.succeed(*who, "--profile", self.folder / "other", "--client-secret-file", "-", "--url", self.server.issuer, stdin=self.secret)
        self.run_command("logout")
        self.succeed("keys", "list", "--profile", self.folder / "other")

    def test_a_client_that_is_refused_keeps_no_profile(self):
        who = ["login", "--authority", self.authority, "--client-id", self.client["client_id"], "--ca", self.server.ca_file]
        self.fail_with(1, "invalid_client", *who, VIDIMUS_CLIENT_SECRET="wrong" * 9)
        self.fail_with(2, "--client-secret-file", *who)
        self.fail_with(2, "--client-secret-file", *who, VIDIMUS_CLIENT_SECRET="\n")
        self.fail_with(1, "client.authority", *who[:2], self.server.issuer + "/other", *who[3:], VIDIMUS_CLIENT_SECRET="x")
        self.fail_with(1, "net.fetch.tls", *who[:-2], VIDIMUS_CLIENT_SECRET="x")
        self.fail_with(2, "file.read", *who[:-1], self.folder / "none", VIDIMUS_CLIENT_SECRET="x")
        self.fail_with(2, "https://", *who[:2], "http://localhost", *who[3:], VIDIMUS_CLIENT_SECRET="x")
        self.fail_with(2, "file.read", "login", "--dev", self.folder)
        self.assertFalse(self.profile().exists())

    def test_the_secret_is_not_taken_as_an_argument(self):
        for option in ("--client-secret", "--secret", "--password"):
            status, _, _ = self.run_command("login", "--authority", self.authority, "--client-id", "x", option, "y")
            self.assertEqual(status, 2, option)

    def test_a_secret_that_was_changed_says_to_log_in_again(self):
        self.log_in()
        kept = json.loads(self.profile().read_text(encoding="utf-8"))
        self.profile().write_text(json.dumps(kept | {"clientSecret": "changed"}), encoding="utf-8")
        self.assertIn("run `vidimus login`", self.fail_with(1, "client.sign_in", "keys", "list"))

    def test_no_profile_says_to_log_in(self):
        self.fail_with(2, "run `vidimus login` (profile.missing)", "policy", "show", "--type", "SgxEnclave")
        self.fail_with(2, "profile.place", "keys", "list", XDG_CONFIG_HOME="", HOME="")

    def test_a_profile_that_others_can_read_is_refused(self):
        self.log_in()
        for mode in (0o640, 0o604, 0o660, 0o602):
            self.profile().chmod(mode)
            self.assertIn("chmod 600", self.fail_with(2, "profile.open", "keys", "list"))
        self.profile().chmod(0o600)
        self.succeed("keys", "list")
        if os.geteuid() == 0:
            os.chown(self.profile(), 1, 1)
            self.fail_with(2, "belongs to someone else", "keys", "list")

    def test_a_profile_that_is_none_is_refused_and_not_shown(self):
        self.log_in()
        whole = self.profile().read_text(encoding="utf-8")
        for text in ("", whole[:-20], "[]", "{}", "null", '{"authority":1}', "x" * 70000, whole + "x"):
            self.profile().write_text(text, encoding="utf-8")
            self.fail_with(2, "profile.corrupt", "keys", "list")
        self.profile().unlink()
        self.profile().mkdir(mode=0o700)
        self.assertEqual(self.run_command("keys", "list")[0], 2)
        self.profile().rmdir()

    def test_a_token_got_elsewhere_needs_no_profile(self):
        body = f"grant_type=client_credentials&scope=https%3A%2F%2Fattest.azure.net%2F.default&client_id={self.client['client_id']}"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.server.post("/dev/oauth2/v2.0/token", body + "&client_secret=" + self.secret, headers).json()
        where = ["keys", "list", "--url", self.server.issuer, "--ca", self.server.ca_file]
        self.assertEqual(len(self.succeed(*where, VIDIMUS_ACCESS_TOKEN=answer["access_token"] + "\n")), 1)
        error = self.fail_with(1, "HTTP status 401", *where, VIDIMUS_ACCESS_TOKEN="a.b.c")
        self.assertIn("get another VIDIMUS_ACCESS_TOKEN", error)
        self.fail_with(2, "net.fetch.protocol", *where, VIDIMUS_ACCESS_TOKEN="a\nb")

    def test_usage_errors_say_so(self):
        for arguments in (["login"], ["login", "--authority", "https://x"], ["login", "--dev", "a", "--client-id", "b"],
                          ["login", "--dev", "a", "--authority", "https://x", "--client-id", "b"],
                          ["policy", "set", "--type", "SgxEnclave"], ["policy", "show"], ["policy", "show", "--type", "Sgx"],
                          ["policy", "rollback", "--type", "Tpm"], ["policy", "rollback", "--type", "Tpm", "--version", "-1"],
                          ["signer"], ["signer", "add"], ["keys", "rotate", "--yes"], ["instance", "update", "-n", "x", "-g", "y"],
                          ["instance", "settings", "set"]):
            self.assertEqual(self.run_command(*arguments)[0], 2, arguments)


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


class Policy(Managed):
    def test_a_policy_is_set_shown_rolled_back_and_reset(self):
        kind = ["--attestation-type", "SGX-IntelSDK"]
        default = self.succeed("policy", "show", *kind)
        done = self.succeed(*self.set_policy("-f", "policy.txt"))
        self.assertEqual((done["result"], done["attestationType"], done["signer"]), ("Updated", "SgxEnclave", None))
        self.assertEqual(done["policyHash"], policy_hash(POLICY))
        shown = self.succeed("policy", "show", *kind)
        self.assertEqual((shown["Text"], shown["TextLength"], shown["Algorithm"]), (POLICY, len(POLICY), "none"))
        self.assertEqual(shown["JwtLength"], len(shown["Jwt"]))
        self.assertEqual(tokens.split(shown["Jwt"]), ({"alg": "none"}, {"AttestationPolicy": tokens.encode(POLICY.encode())}, b""))
        status, text, _ = self.run_command("policy", "show", *kind, "--text")
        self.assertEqual((status, text), (0, POLICY))
        changed = POLICY.replace("00", "01")
        self.succeed(*self.set_policy("--new-attestation-policy", changed))
        self.assertEqual(self.succeed("policy", "show", *kind)["Text"], changed)
        history = self.succeed("policy", "history", *kind)["history"]
        self.assertEqual([one["action"] for one in history], ["set", "set"])
        first = min(one["version"] for one in history)
        self.assertEqual(self.succeed("policy", "history", *kind, "--version", first)["text"], POLICY)
        self.assertEqual(self.succeed("policy", "rollback", *kind, "--version", first)["action"], "rollback")
        self.assertEqual(self.succeed("policy", "show", *kind)["Text"], POLICY)
        self.fail_with(1, "HTTP status 400", "policy", "rollback", *kind, "--version", 999)
        self.assertEqual(self.succeed("policy", "reset", *kind)["result"], "Removed")
        self.assertEqual(self.succeed("policy", "show", *kind), default)

    def test_every_type_and_the_names_that_az_has_are_taken(self):
        for kind in ("SgxEnclave", "OpenEnclave", "SevSnpVm", "TdxVm", "AzureGuest", "Tpm", "SGX-OpenEnclaveSDK", "TPM"):
            self.assertIn("Text", self.succeed("policy", "show", "--attestation-type", kind), kind)

    def test_a_jws_is_sent_as_it_is(self):
        text = jws(POLICY)
        done = self.succeed("policy", "set", "--type", "TdxVm", "--policy-format", "JWT", "--new-attestation-policy", f' "{text}"\n')
        self.assertEqual(done["policyHash"], policy_hash(POLICY))
        self.assertEqual(self.succeed("policy", "show", "--type", "TdxVm")["Jwt"], text)
        self.succeed("policy", "reset", "--type", "TdxVm", "--policy-jws", "eyJhbGciOiJub25lIn0..")

    def test_the_largest_policy_can_be_set_and_read(self):
        text = POLICY + "//" + "x" * (1024 * 1024 - len(POLICY) - 2)
        (self.folder / "largest").write_text(text, encoding="utf-8")
        self.succeed("policy", "set", "--type", "TdxVm", "-f", "largest")
        status, shown, _ = self.run_command("policy", "show", "--type", "TdxVm", "--text")
        self.assertTrue(status == 0 and shown == text)
        self.succeed("policy", "reset", "--type", "TdxVm")

    def test_a_broken_policy_is_refused_here_and_not_sent(self):
        before = self.server.log().count("PUT")
        for text in ("version=1.0; nonsense", "", "x" * (1024 * 1024 + 1), "version=1.0;\nauthorizationrules { => permit() };", "\x1b[2J"):
            if len(text) > 100_000:
                (self.folder / "huge").write_text(text, encoding="utf-8")
                error = self.fail_with(1, "policy.size", *self.set_policy("-f", "huge"))
            else:
                error = self.fail_with(1, "nothing was sent (client.policy)", *self.set_policy("-f", "-"), stdin=text)
                self.assertIn("error: ", error)
            self.assertNotIn("\x1b", error)
        self.fail_with(1, "nothing was sent", *self.set_policy("--policy-format", "JWT", "--new-attestation-policy", jws("no policy")))
        for broken in ("a.b", "ey..", "..", tokens.encode(b"{}") * 2 + "..", "\0"):
            if "\0" not in broken:
                self.assertEqual(self.run_command(*self.set_policy("--policy-format", "JWT", "--new-attestation-policy", broken))[0], 1)
        self.fail_with(2, "--policy-format JWT", *self.set_policy("--new-attestation-policy", jws(POLICY)))
        self.fail_with(2, "file.read", *self.set_policy("-f", "none"))
        self.assertEqual(self.server.log().count("PUT"), before)

    def test_warnings_are_shown_and_hinder_nothing(self):
        loose = "version=1.0;\nauthorizationrules { => permit(); };\nissuancerules { };"
        status, out, err = self.run_command("policy", "set", "--type", "OpenEnclave", "--new-attestation-policy", loose)
        self.assertEqual((status, json.loads(out)["result"]), (0, "Updated"))
        self.assertIn("lint.no_measurement", err)
        self.succeed("policy", "reset", "--type", "OpenEnclave")

    def test_a_caller_without_a_role_is_refused(self):
        self.create("plain")
        nobody = json.dumps({"grants": [{"issuer": self.authority, "claim": "sub", "value": "someone", "role": "owner"}]})
        settings = self.succeed("instance", "settings", "set", "-", *self.at("plain"), stdin=nobody)
        self.assertEqual(settings["settings"]["grants"][0]["value"], "someone")
        error = self.fail_with(1, "auth.role", "policy", "show", "--type", "SgxEnclave", *self.at("plain"))
        self.assertIn("HTTP status 403", error)
        self.assertEqual(len(self.succeed("instance", "settings", "history", *self.at("plain"))["history"]), 2)


class Signers(Managed):
    def setUp(self):
        certificate = self.signers[0][1]
        made = self.create("signed", "--certs-input-path", certificate)
        self.assertEqual(made["properties"]["trustModel"], "Isolated")
        self.assertEqual(made["properties"]["attestUri"], self.urls["signed"])

    def signer(self, verb, which, by, **more):
        return ["signer", verb, *self.at("signed"), "--certificate", self.signers[which][1], *signed_by(self.signers[by])]

    def thumbprints(self):
        return [one["thumbprint"] for one in self.succeed("signer", "list", *self.at("signed"))["Certificates"]]

    def test_only_signed_policies_are_taken(self):
        setting = self.set_policy("-f", "policy.txt", *self.at("signed"))
        self.fail_with(1, "policy.signer.unsigned", *setting)
        self.fail_with(1, "policy.signer.untrusted", *setting, *signed_by(self.signers[1]))
        done = self.succeed(*setting, *signed_by(self.signers[0]))
        self.assertEqual(done["policyHash"], policy_hash(POLICY))
        self.assertEqual(done["signer"]["kty"], "RSA")
        shown = self.succeed("policy", "show", "--type", "SgxEnclave", *self.at("signed"))
        self.assertEqual((shown["Algorithm"], shown["Text"]), ("RS256", POLICY))
        self.fail_with(1, "policy.signer.unsigned", "policy", "reset", "--type", "SgxEnclave", *self.at("signed"))
        reset = ["policy", "reset", "--type", "SgxEnclave", *self.at("signed"), *signed_by(self.signers[0])]
        self.assertEqual(self.succeed(*reset)["result"], "Removed")

    def test_a_key_and_a_certificate_belong_together(self):
        setting = self.set_policy("-f", "policy.txt", *self.at("signed"))
        mixed = ["--signing-key", self.signers[0][0], "--signing-cert", self.signers[1][1]]
        self.fail_with(1, "policy.signer.certificate", *setting, *mixed)
        self.fail_with(2, "", *setting, "--signing-key", self.signers[0][0])
        self.fail_with(1, "crypto.private_key.pem", *setting, "--signing-key", self.signers[0][1], "--signing-cert", self.signers[0][1])
        self.fail_with(2, "file.read", *setting, "--signing-key", "none", "--signing-cert", self.signers[0][1])
        self.fail_with(2, "", *setting, "--policy-format", "JWT", *signed_by(self.signers[0]))

    def test_signers_are_added_and_removed_but_for_the_last(self):
        shown = self.succeed("signer", "list", *self.at("signed"))
        self.assertEqual((shown["CertificateCount"], shown["Algorithm"], shown["JKU"]), (1, "RS256", self.urls["signed"] + "/certs"))
        der = base64.b64decode(shown["Certificates"][0]["x5c"][0])
        self.assertIn(base64.b64encode(der).decode()[:48], self.signers[0][1].read_text().replace("\n", ""))
        self.assertEqual(tokens.split(shown["Jwt"])[1]["iss"], self.urls["signed"])

        self.fail_with(1, "policy.signer.untrusted", *self.signer("add", 1, 1))
        added = self.succeed(*self.signer("add", 1, 0))
        self.assertEqual((added["result"], added["subject"]), ("IsPresent", "CN=second"))
        self.assertEqual(len(self.thumbprints()), 2)
        self.assertEqual(self.succeed(*self.signer("add", 1, 0))["result"], "IsPresent")
        removed = self.succeed(*self.signer("remove", 0, 1))
        self.assertEqual(removed["result"], "IsAbsent")
        self.assertEqual(self.thumbprints(), [added["thumbprint"]])
        self.fail_with(1, "policy.signer.last", *self.signer("remove", 1, 1))
        self.succeed(*self.set_policy("-f", "policy.txt", *self.at("signed"), *signed_by(self.signers[1])))

    def test_a_jws_made_elsewhere_is_sent_as_it_is(self):
        for arguments in (["--signer", "a.b.c"], ["--signer-file", "policy.txt"], ["--signer", jws(POLICY)]):
            self.assertEqual(self.run_command("signer", "add", *self.at("signed"), *arguments)[0], 1)
        self.fail_with(2, "file.read", "signer", "add", *self.at("signed"), "-f", "none")
        self.fail_with(2, "--signing-key", "signer", "add", *self.at("signed"), "--certificate", self.signers[1][1])

    def test_an_instance_without_signers_takes_none(self):
        self.create("plain")
        refused = self.fail_with(1, "policy.disallowed", "signer", "add", *self.at("plain"), "--certificate", self.signers[1][1],
                                 *signed_by(self.signers[0]))
        self.assertIn("InvalidOperation", refused)


class Instances(Managed):
    def test_instances_are_created_listed_shown_changed_and_deleted(self):
        made = self.create("plain", "--tags", "stage=test", "owner=a=b", "-l", "here")
        self.assertEqual((made["name"], made["location"], made["tags"]), ("plain", "here", {"stage": "test", "owner": "a=b"}))
        self.assertEqual(made["properties"]["trustModel"], "AAD")
        for where in (["-n", "plain", *GROUP], ["--id", made["id"]], ["--id", made["id"].upper().replace("/PLAIN", "/plain")]):
            self.assertEqual(self.succeed("instance", "show", *where)["id"], made["id"])
        self.assertEqual([one["name"] for one in self.succeed("instance", "list", *GROUP)], ["plain"])
        self.assertIn(made, self.succeed("instance", "list"))
        self.assertEqual(self.succeed("instance", "list", "--subscription", "other"), [])
        self.assertEqual(self.succeed("instance", "update", "-n", "plain", *GROUP, "--tags", "a=b")["tags"], {"a": "b"})
        self.assertEqual(self.succeed("instance", "update", "-n", "plain", *GROUP, "--tags", "")["tags"], {})

    def test_the_default_instance_is_listed(self):
        self.assertEqual([one["properties"]["attestUri"] for one in self.succeed("instance", "list-default")], [self.server.issuer])
        self.assertEqual(self.succeed("instance", "list-default", "-l", "any where")["name"], "default")

    def test_delete_asks_first(self):
        self.create("plain")
        self.fail_with(2, "--yes", "instance", "delete", "-n", "plain", *GROUP)
        for typed, status in (("n\n", 2), ("\n", 2), ("y\n", 0)):
            self.assertEqual(self.at_terminal(typed, "instance", "delete", "-n", "plain", *GROUP)[0], status)
        self.assertFalse(self.succeed("instance", "delete", "-n", "plain", *GROUP, "--yes")["deleted"])
        self.fail_with(1, "arm.resource_not_found", "instance", "show", "-n", "plain", *GROUP)

    def at_terminal(self, typed, *arguments):
        """(exit status, what the terminal shows)"""
        ours, theirs = pty.openpty()
        child = subprocess.Popen([PROGRAM, *arguments], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=self.environment())
        os.close(theirs)
        os.write(ours, typed.encode())
        child.communicate(timeout=COMMAND_SECONDS)
        shown = b""
        try:
            while part := os.read(ours, 10000):
                shown += part
        except OSError:
            pass  # how Linux says that the other end is closed
        os.close(ours)
        shown = shown.decode()
        self.assertIn("Go on? [y/N]", shown)
        return child.returncode, shown

    def test_what_is_no_instance_is_refused(self):
        self.fail_with(2, "--resource-group", "instance", "show", "-n", "plain")
        self.fail_with(2, "client.resource_id", "instance", "show", "--id", "/subscriptions/x")
        self.fail_with(2, "option.tags", "instance", "create", "-n", "plain", *GROUP, "--tags", "novalue")
        self.fail_with(2, "option.tags", "instance", "create", "-n", "plain", *GROUP, "--tags", "a=1", "a=2")
        self.fail_with(2, "file.read", "instance", "create", "-n", "plain", *GROUP, "--certs-input-path", "none")
        key = ["--certs-input-path", self.signers[0][0]]
        self.fail_with(2, "policy.signer.certificate", "instance", "create", "-n", "plain", *GROUP, *key)
        for name in ("ab", "a" * 25, "under_score", "../../x", "a?b", "ä" * 10, "x" * 20000):
            self.assertEqual(self.run_command("instance", "create", "-n", name, *GROUP)[0], 1, name[:50])
        self.assertEqual(self.succeed("instance", "list", *GROUP), [])

    def test_settings_are_shown_changed_and_kept(self):
        before = self.succeed("instance", "settings", "show")
        self.assertEqual(before["issuer"], self.server.issuer)
        changed = self.succeed("instance", "settings", "set", "-", stdin='{"tokenLifetime": 3600}')
        self.assertEqual(changed["settings"]["tokenLifetime"], 3600)
        self.assertEqual(self.succeed("instance", "settings", "set", "-", stdin='{"tokenLifetime": null}'), before)
        for text in ("[]", "", "{", '"x"', "{}x"):
            self.fail_with(2, "option.settings", "instance", "settings", "set", "-", stdin=text)
        self.fail_with(1, "HTTP status 400", "instance", "settings", "set", "-", stdin='{"tokenLifetime": 1}')
        self.fail_with(1, "HTTP status 400", "instance", "settings", "set", "-", stdin='{"unknown": 1}')


class Keys(Managed):
    def test_keys_are_listed_rotated_and_rewrapped(self):
        (first,) = self.succeed("keys", "list")
        self.assertIsNone(first["publishedUntil"])
        rotated = self.succeed("keys", "rotate")
        self.assertEqual([one["kid"] for one in rotated["withdrawn"]], [first["kid"]])
        self.fail_with(1, "keys.pending", "keys", "rotate")
        self.fail_with(2, "Relying parties", "keys", "rotate", "--emergency")
        self.assertEqual(len(self.succeed("keys", "list")), 2)
        status, out, err = self.run_command("keys", "rotate", "--emergency", "--yes")
        self.assertEqual(status, 0, err)
        self.assertIn(first["kid"], json.loads(out)["warning"])
        self.assertIn("refuse", err)
        staying = [one["kid"] for one in self.succeed("keys", "list") if one["publishedUntil"] is None]
        self.assertEqual(staying, [json.loads(out)["added"]["kid"]])
        self.assertIn("Text", self.succeed("policy", "show", "--type", "Tpm"))  # verified with the new key
        self.assertEqual(self.succeed("keys", "rewrap"), {"rewrapped": 0})


class Page(unittest.TestCase):
    """docs/reference/manage.md; documented_commands runs what it shows."""

    def help_of(self, *command):
        return subprocess.run([PROGRAM, *command, "--help"], capture_output=True, text=True, check=True).stdout

    def test_it_names_every_command_and_option(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "reference" / "manage.md").read_text(encoding="utf-8")
        verbs = {"policy": ["set", "show", "reset", "history", "rollback"], "signer": ["add", "list", "remove"],
                 "keys": ["list", "rotate", "rewrap"],
                 "instance": ["create", "show", "list", "update", "delete", "list-default"],
                 "instance settings": ["show", "set", "history"], "login": [""], "logout": [""]}
        for noun, names in verbs.items():
            if names != [""]:
                listed = re.findall(r"^  (\S+) ", self.help_of(*noun.split()).split("Subcommands:")[1], re.MULTILINE)
                self.assertLessEqual(set(names), set(listed))
                self.assertTrue(noun == "policy" or set(listed) <= {*names, "settings"}, listed)
            for name in names:
                command = f"{noun} {name}".strip()
                self.assertIn("vidimus " + command, page)
                for option in re.findall(r"(?<![\w-])--[a-z-]+", self.help_of(*command.split()).split("Options:", 1)[-1]):
                    if option != "--help":
                        self.assertIn(f"{option}", page, command)


class Fake(http.server.BaseHTTPRequestHandler):
    """Answers every request as the class says: (status, headers, body), the last for ever."""

    answers = []
    asked = []

    def do_GET(self):
        self.asked.append(f"{self.command} {self.path}")
        status, headers, body = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # a client that has read enough

    do_PUT = do_POST = do_GET

    def log_message(self, *unused):
        pass


class Lies(Managed):
    """Services that are down, busy, something else, or not believed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost", "-keyout", cls.folder / "fake.key", "-out", cls.folder / "fake.pem"],
                       check=True, stderr=subprocess.DEVNULL)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cls.folder / "fake.pem", cls.folder / "fake.key")
        cls.fake = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fake)
        cls.fake.socket = context.wrap_socket(cls.fake.socket, server_side=True)
        threading.Thread(target=cls.fake.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.fake.server_close)
        cls.addClassCleanup(cls.fake.shutdown)
        cls.where = ["--url", f"https://localhost:{cls.fake.server_port}", "--ca", str(cls.folder / "fake.pem")]

    def lie(self, text, *answers, command=("policy", "show", "--type", "SgxEnclave")):
        Fake.answers, Fake.asked = list(answers), []
        return self.fail_with(1, text, *command, *self.where, VIDIMUS_ACCESS_TOKEN="token")

    def test_what_is_no_attestation_service_is_not_believed(self):
        for status, body in ((200, b"<html>"), (404, b"not here"), (302, b""), (200, b"{}"), (200, b'{"token":1}'), (500, b"[]")):
            self.lie("client.answer", (status, {"Location": self.server.issuer, "Retry-After": "0"}, body))
        self.lie("net.fetch.too_large", (200, {}, b"x" * (5 * 1024 * 1024)))

    def test_an_answer_that_the_instance_did_not_sign_is_not_believed(self):
        real = self.succeed("signer", "list")["Jwt"]
        keys = self.server.get("/certs").body
        answer = (200, {}, json.dumps({"token": real}).encode())
        self.lie("token.issuer", answer, (200, {}, keys))
        header, payload, signature = real.split(".")
        flipped = ".".join([header, payload, ("A" if signature[0] != "A" else "B") + signature[1:]])
        self.lie("token.signature", (200, {}, json.dumps({"token": flipped}).encode()), (200, {}, keys))
        self.lie("relying_party.keys", answer, (404, {}, b""))
        unsigned = tokens.encode(b'{"alg":"none"}') + "." + payload + "."
        self.lie("token.algorithm", (200, {}, json.dumps({"token": unsigned}).encode()), (200, {}, keys))

    def test_a_busy_service_is_asked_again_three_times_in_all(self):
        busy = (503, {"Retry-After": "0"}, b'{"error":{"code":"ServiceUnavailable","message":"\x1b[31mbusy"}}'.replace(b"\x1b", b"\\u001b"))
        error = self.lie("HTTP status 503", busy)
        self.assertEqual(len(Fake.asked), 3)
        self.assertNotIn("\x1b", error)
        self.lie("HTTP status 500", (500, {}, b'{"error":{"message":"no"}}'), command=("keys", "rotate"))
        self.assertEqual(len(Fake.asked), 1)

    def test_a_server_that_is_not_there_is_named(self):
        where = f"https://localhost:{dev_server.free_port()}"
        error = self.fail_with(1, "net.fetch.connect", "keys", "list", "--url", where)
        self.assertIn(where, error)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
