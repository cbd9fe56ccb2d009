#!/usr/bin/env python3
"""The commands that manage a running service: policy, signer, instance, settings, keys; against a dev server.

usage: manage_command.py VIDIMUS_PROGRAM
"""

import base64
import json
import os
import pathlib
import pty
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import managed_service  # noqa: E402
import tokens  # noqa: E402
from policy_api import jws, policy_hash  # noqa: E402


class Policy(managed_service.Managed):
    def test_a_policy_is_set_shown_rolled_back_and_reset(self):
        kind = ["--attestation-type", "SGX-IntelSDK"]
        default = self.succeed("policy", "show", *kind)
        done = self.succeed(*self.set_policy("-f", "policy.txt"))
        self.assertEqual((done["result"], done["attestationType"], done["signer"]), ("Updated", "SgxEnclave", None))
        self.assertEqual(done["policyHash"], policy_hash(managed_service.POLICY))
        shown = self.succeed("policy", "show", *kind)
        self.assertEqual((shown["Text"], shown["TextLength"], shown["Algorithm"]), (managed_service.POLICY, len(managed_service.POLICY), "none"))
        self.assertEqual(shown["JwtLength"], len(shown["Jwt"]))
        self.assertEqual(tokens.split(shown["Jwt"]), ({"alg": "none"}, {"AttestationPolicy": tokens.encode(managed_service.POLICY.encode())}, b""))
        status, text, _ = self.run_command("policy", "show", *kind, "--text")
        self.assertEqual((status, text), (0, managed_service.POLICY))
        changed = managed_service.POLICY.replace("00", "01")
        self.succeed(*self.set_policy("--new-attestation-policy", changed))
        self.assertEqual(self.succeed("policy", "show", *kind)["Text"], changed)
        history = self.succeed("policy", "history", *kind)["history"]
        self.assertEqual([one["action"] for one in history], ["set", "set"])
        first = min(one["version"] for one in history)
        self.assertEqual(self.succeed("policy", "history", *kind, "--version", first)["text"], managed_service.POLICY)
        self.assertEqual(self.succeed("policy", "rollback", *kind, "--version", first)["action"], "rollback")
        self.assertEqual(self.succeed("policy", "show", *kind)["Text"], managed_service.POLICY)
        self.fail_with(1, "HTTP status 400", "policy", "rollback", *kind, "--version", 999)
        self.assertEqual(self.succeed("policy", "reset", *kind)["result"], "Removed")
        self.assertEqual(self.succeed("policy", "show", *kind), default)

    def test_every_type_and_the_names_that_az_has_are_taken(self):
        for kind in ("SgxEnclave", "OpenEnclave", "SevSnpVm", "TdxVm", "AzureGuest", "Tpm", "SGX-OpenEnclaveSDK", "TPM"):
            self.assertIn("Text", self.succeed("policy", "show", "--attestation-type", kind), kind)

    def test_a_jws_is_sent_as_it_is(self):
        text = jws(managed_service.POLICY)
        done = self.succeed("policy", "set", "--type", "TdxVm", "--policy-format", "JWT", "--new-attestation-policy", f' "{text}"\n')
        self.assertEqual(done["policyHash"], policy_hash(managed_service.POLICY))
        self.assertEqual(self.succeed("policy", "show", "--type", "TdxVm")["Jwt"], text)
        self.succeed("policy", "reset", "--type", "TdxVm", "--policy-jws", "eyJhbGciOiJub25lIn0..")

    def test_the_largest_policy_can_be_set_and_read(self):
        text = managed_service.POLICY + "//" + "x" * (1024 * 1024 - len(managed_service.POLICY) - 2)
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
        self.fail_with(2, "--policy-format JWT", *self.set_policy("--new-attestation-policy", jws(managed_service.POLICY)))
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


class Signers(managed_service.Managed):
    def setUp(self):
        certificate = self.signers[0][1]
        made = self.create("signed", "--certs-input-path", certificate)
        self.assertEqual(made["properties"]["trustModel"], "Isolated")
        self.assertEqual(made["properties"]["attestUri"], self.urls["signed"])

    def signer(self, verb, which, by, **more):
        return ["signer", verb, *self.at("signed"), "--certificate", self.signers[which][1], *managed_service.signed_by(self.signers[by])]

    def thumbprints(self):
        return [one["thumbprint"] for one in self.succeed("signer", "list", *self.at("signed"))["Certificates"]]

    def test_only_signed_policies_are_taken(self):
        setting = self.set_policy("-f", "policy.txt", *self.at("signed"))
        self.fail_with(1, "policy.signer.unsigned", *setting)
        self.fail_with(1, "policy.signer.untrusted", *setting, *managed_service.signed_by(self.signers[1]))
        done = self.succeed(*setting, *managed_service.signed_by(self.signers[0]))
        self.assertEqual(done["policyHash"], policy_hash(managed_service.POLICY))
        self.assertEqual(done["signer"]["kty"], "RSA")
        shown = self.succeed("policy", "show", "--type", "SgxEnclave", *self.at("signed"))
        self.assertEqual((shown["Algorithm"], shown["Text"]), ("RS256", managed_service.POLICY))
        self.fail_with(1, "policy.signer.unsigned", "policy", "reset", "--type", "SgxEnclave", *self.at("signed"))
        reset = ["policy", "reset", "--type", "SgxEnclave", *self.at("signed"), *managed_service.signed_by(self.signers[0])]
        self.assertEqual(self.succeed(*reset)["result"], "Removed")

    def test_a_key_and_a_certificate_belong_together(self):
        setting = self.set_policy("-f", "policy.txt", *self.at("signed"))
        mixed = ["--signing-key", self.signers[0][0], "--signing-cert", self.signers[1][1]]
        self.fail_with(1, "policy.signer.certificate", *setting, *mixed)
        self.fail_with(2, "", *setting, "--signing-key", self.signers[0][0])
        self.fail_with(1, "crypto.private_key.pem", *setting, "--signing-key", self.signers[0][1], "--signing-cert", self.signers[0][1])
        self.fail_with(2, "file.read", *setting, "--signing-key", "none", "--signing-cert", self.signers[0][1])
        self.fail_with(2, "", *setting, "--policy-format", "JWT", *managed_service.signed_by(self.signers[0]))

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
        self.succeed(*self.set_policy("-f", "policy.txt", *self.at("signed"), *managed_service.signed_by(self.signers[1])))

    def test_a_jws_made_elsewhere_is_sent_as_it_is(self):
        for arguments in (["--signer", "a.b.c"], ["--signer-file", "policy.txt"], ["--signer", jws(managed_service.POLICY)]):
            self.assertEqual(self.run_command("signer", "add", *self.at("signed"), *arguments)[0], 1)
        self.fail_with(2, "file.read", "signer", "add", *self.at("signed"), "-f", "none")
        self.fail_with(2, "--signing-key", "signer", "add", *self.at("signed"), "--certificate", self.signers[1][1])

    def test_an_instance_without_signers_takes_none(self):
        self.create("plain")
        refused = self.fail_with(1, "policy.disallowed", "signer", "add", *self.at("plain"), "--certificate", self.signers[1][1],
                                 *managed_service.signed_by(self.signers[0]))
        self.assertIn("InvalidOperation", refused)


class Instances(managed_service.Managed):
    def test_instances_are_created_listed_shown_changed_and_deleted(self):
        made = self.create("plain", "--tags", "stage=test", "owner=a=b", "-l", "here")
        self.assertEqual((made["name"], made["location"], made["tags"]), ("plain", "here", {"stage": "test", "owner": "a=b"}))
        self.assertEqual(made["properties"]["trustModel"], "AAD")
        for where in (["-n", "plain", *managed_service.GROUP], ["--id", made["id"]], ["--id", made["id"].upper().replace("/PLAIN", "/plain")]):
            self.assertEqual(self.succeed("instance", "show", *where)["id"], made["id"])
        self.assertEqual([one["name"] for one in self.succeed("instance", "list", *managed_service.GROUP)], ["plain"])
        self.assertIn(made, self.succeed("instance", "list"))
        self.assertEqual(self.succeed("instance", "list", "--subscription", "other"), [])
        self.assertEqual(self.succeed("instance", "update", "-n", "plain", *managed_service.GROUP, "--tags", "a=b")["tags"], {"a": "b"})
        self.assertEqual(self.succeed("instance", "update", "-n", "plain", *managed_service.GROUP, "--tags", "")["tags"], {})

    def test_the_default_instance_is_listed(self):
        self.assertEqual([one["properties"]["attestUri"] for one in self.succeed("instance", "list-default")], [self.server.issuer])
        self.assertEqual(self.succeed("instance", "list-default", "-l", "any where")["name"], "default")

    def test_delete_asks_first(self):
        self.create("plain")
        self.fail_with(2, "--yes", "instance", "delete", "-n", "plain", *managed_service.GROUP)
        for typed, status in (("n\n", 2), ("\n", 2), ("y\n", 0)):
            self.assertEqual(self.at_terminal(typed, "instance", "delete", "-n", "plain", *managed_service.GROUP)[0], status)
        self.assertFalse(self.succeed("instance", "delete", "-n", "plain", *managed_service.GROUP, "--yes")["deleted"])
        self.fail_with(1, "arm.resource_not_found", "instance", "show", "-n", "plain", *managed_service.GROUP)

    def at_terminal(self, typed, *arguments):
        """(exit status, what the terminal shows)"""
        ours, theirs = pty.openpty()
        child = subprocess.Popen([managed_service.PROGRAM, *arguments], stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, env=self.environment())
        os.close(theirs)
        os.write(ours, typed.encode())
        child.communicate(timeout=managed_service.COMMAND_SECONDS)
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
        self.fail_with(2, "option.tags", "instance", "create", "-n", "plain", *managed_service.GROUP, "--tags", "novalue")
        self.fail_with(2, "option.tags", "instance", "create", "-n", "plain", *managed_service.GROUP, "--tags", "a=1", "a=2")
        self.fail_with(2, "file.read", "instance", "create", "-n", "plain", *managed_service.GROUP, "--certs-input-path", "none")
        key = ["--certs-input-path", self.signers[0][0]]
        self.fail_with(2, "policy.signer.certificate", "instance", "create", "-n", "plain", *managed_service.GROUP, *key)
        for name in ("ab", "a" * 25, "under_score", "../../x", "a?b", "ä" * 10, "x" * 20000):
            self.assertEqual(self.run_command("instance", "create", "-n", name, *managed_service.GROUP)[0], 1, name[:50])
        self.assertEqual(self.succeed("instance", "list", *managed_service.GROUP), [])

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


class Keys(managed_service.Managed):
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
        return subprocess.run([managed_service.PROGRAM, *command, "--help"], capture_output=True, text=True, check=True).stdout

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


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    managed_service.PROGRAM = str(pathlib.Path(sys.argv[1]).resolve())
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
