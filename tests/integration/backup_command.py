#!/usr/bin/env python3
"""`vidimus backup` and `vidimus restore` as an operator meets them: from a node that serves to another store, and files that are refused.

usage: backup_command.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import cluster as clusters  # noqa: E402
import dev_server  # noqa: E402
import postgres_server  # noqa: E402

PROGRAM = ""
CLOCK_LIBRARY = ""
VECTORS = pathlib.Path()
POLICY = "version=1.0;\nauthorizationrules { => permit(); };\nissuancerules { => issue(type=\"round\", value=%d); };"


def run(*arguments, cwd=None):
    done = subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False, cwd=cwd)
    return done.returncode, done.stdout, done.stderr


class Backups(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(clusters.Cluster(PROGRAM, CLOCK_LIBRARY, VECTORS, nodes=1))
        cls.folder, (cls.node,) = cls.cluster.folder, cls.cluster.nodes
        cls.config = cls.folder / "node1.toml"
        signers = [clusters.Signer(cls.folder, name) for name in ("first", "second")]
        cls.cluster.create("plain")
        cls.cluster.create("sealed", signers)
        for number in range(3):
            cls.must(cls.node.set_policy("SgxEnclave", POLICY % number, "plain"))
        cls.must(cls.node.manage("PUT", "/policies/SgxEnclave", signers[0].sign(clusters.policy_body(POLICY % 9)), "sealed"))
        cls.must(cls.node.manage("POST", "/vidimus/v1/keys:rotate", {}, "plain"))

    @staticmethod
    def must(answer):
        if answer.status != 200:
            raise AssertionError(f"{answer.status} {answer.body[:400]}")

    def backup(self, config, name):
        file = self.folder / name
        status, output, errors = run("backup", "--config", config, "--out", file)
        self.assertEqual((status, errors), (0, ""), output)
        self.assertIn(f"{file}: ", output)
        self.assertRegex(output, "needs the master key [0-9a-f]{16}")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        return file

    def config_with(self, name, store_url, master="master.key"):
        """The node's configuration with another store, and where to listen."""
        port = dev_server.free_port()
        text = self.config.read_text(encoding="utf-8").replace("master.key", master)
        text = re.sub(r"(?m)^listen = .*", f'listen = "127.0.0.1:{port}"', text)
        text = re.sub(r"(?m)^store\.url = .*", lambda _: f'store.url = "{store_url}"', text)
        path = self.folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return path, port

    def shown(self, node):
        """What a node says of its instances that must be the same after a restore."""
        out = {}
        for name in ("default", "plain", "sealed"):
            out[name] = {
                "history": node.history("SgxEnclave", name),
                "certs": node.ask("GET", "/certs", instance=name).json(),
                "keys": node.manage("GET", "/vidimus/v1/keys", instance=name).json(),
                "settings": node.manage("GET", "/vidimus/v1/settings/history", instance=name).json(),
                "signers": node.manage("GET", "/vidimus/v1/signers/history", instance=name).json(),
                "judged": node.attest(name)[1]["x-ms-policy-hash"],
            }
            if name != "default":
                out[name]["resource"] = node.control("GET", name).json()
        return out

    def test_a_restored_store_serves_the_same_from_either_database_to_either(self):
        expected = self.shown(self.node)
        self.assertEqual(len(expected["plain"]["certs"]["keys"]), 2)
        source = self.config
        for name, url in (("lite", "sqlite:lite.db"), ("back", self.cluster.postgres.new_database())):
            file = self.backup(source, f"{name}.backup")
            config, port = self.config_with(name, url)
            status, output, errors = run("restore", "--config", config, "--in", file)
            self.assertEqual(status, 0, errors)
            self.assertIn("instance 3, ", output)
            with node_on(self.cluster, config, port) as node:
                self.assertEqual(self.shown(node), expected, name)
            status, _, errors = run("restore", "--config", config, "--in", file)
            self.assertEqual(status, 2)
            self.assertIn("backup.not_empty", errors)
            source = config

    def test_the_documented_roles_suffice(self):
        page = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "guide" / "postgresql.md").read_text(encoding="utf-8")
        first, second = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
        postgres, file = self.cluster.postgres, self.backup(self.config, "roles.backup")

        def config_as(role, password):
            url = postgres.url("vidimus").replace(f"{postgres_server.USER}:{postgres_server.ENCODED_PASSWORD}", f"{role}:{password}", 1)
            return self.config_with(role, url)[0]

        for statement in first.strip().split("\n"):
            postgres.execute(statement)
        status, _, errors = run("restore", "--config", config_as("vidimus_service", "change%20me"), "--in", file)
        self.assertEqual(status, 0, errors)
        for statement in second.strip().split("\n"):
            postgres.execute(statement, "vidimus")
        again = self.backup(config_as("vidimus_backup", "change%20me%20too"), "again.backup")
        self.assertEqual(*(sorted(each.read_text(encoding="utf-8").split("\n")[1:-2]) for each in (again, file)))
        status, _, errors = run("restore", "--config", self.folder / "vidimus_backup.toml", "--in", file)
        self.assertEqual(status, 2, errors)

    def test_the_file_holds_no_private_key_and_says_what_it_needs(self):
        text = self.backup(self.config, "secrets.backup").read_text(encoding="utf-8")
        for secret in ("PRIVATE KEY", (self.folder / "master.key").read_text(encoding="utf-8").strip(), postgres_server.PASSWORD):
            self.assertNotIn(secret, text)
        header = json.loads(text.split("\n", 1)[0])
        self.assertEqual((header["vidimus_backup"], header["store"], len(header["master_keys"])), (1, "postgresql", 1))
        self.assertEqual(sum(header["rows"].values()), text.count("\n") - 2)

    def test_without_out_the_file_is_named_by_the_time(self):
        folder = self.folder / "named"
        folder.mkdir()
        status, _, errors = run("backup", "--config", self.config, cwd=folder)
        self.assertEqual(status, 0, errors)
        (file,) = folder.iterdir()
        self.assertRegex(file.name, r"^vidimus-\d{8}T\d{6}Z\.backup$")

    def test_no_device_is_replaced_by_a_file(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        for place in (pipe, self.folder):
            status, _, errors = run("backup", "--config", self.config, "--out", place)
            self.assertNotEqual(status, 0)
            self.assertIn("file.write", errors)
        self.assertTrue(stat.S_ISFIFO(pipe.stat().st_mode))

    def test_what_cannot_be_restored_leaves_nothing(self):
        good = self.backup(self.config, "good.backup").read_bytes()
        for name, content, where in (
            ("cut", good[:-10], "backup.truncated"),
            ("altered", good.replace(b'"plain"', b'"plaid"', 1), "backup.digest"),
            ("other", b"something else\n", "backup.truncated"),
            ("long", b"x" * (5 << 20), "backup.line"),
        ):
            with self.subTest(name):
                file = self.folder / name
                file.write_bytes(content)
                config, _ = self.config_with(name, f"sqlite:{name}.db")
                status, output, errors = run("restore", "--config", config, "--in", file)
                self.assertEqual((status, output), (2, ""))
                self.assertIn(where, errors)
                self.assertFalse((self.folder / f"{name}.db").exists())
        clusters.openssl(self.folder, "rand", "-hex", "-out", "another.key", "32")
        (self.folder / "another.key").chmod(0o600)
        config, _ = self.config_with("another", "sqlite:another.db", "another.key")
        status, _, errors = run("restore", "--config", config, "--in", self.folder / "good.backup")
        self.assertEqual(status, 2)
        self.assertIn("backup.master_key", errors)

    def test_a_store_that_is_not_there_is_not_made(self):
        config, _ = self.config_with("none", "sqlite:none.db")
        status, _, errors = run("backup", "--config", config, "--out", self.folder / "none.backup")
        self.assertEqual(status, 2)
        self.assertIn("store.absent", errors)
        config, _ = self.config_with("empty", self.cluster.postgres.new_database())
        status, _, errors = run("backup", "--config", config, "--out", self.folder / "none.backup")
        self.assertEqual(status, 2)
        self.assertIn("store.absent", errors)
        self.assertEqual([path.name for path in self.folder.glob("none.*")], ["none.toml"])


def node_on(cluster, config, port):
    """A node on a configuration that a test wrote."""
    node = clusters.Node(cluster, config.stem + "-node", 300)
    node.command[-1], node.port = str(config), port
    return node


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY, VECTORS = str(pathlib.Path(sys.argv[1]).resolve()), sys.argv[2], dev_server.vectors().resolve()
    postgres_server.need_postgres()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
