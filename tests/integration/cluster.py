#!/usr/bin/env python3
"""Three nodes on one PostgreSQL: what is written through one decides on all, nothing acknowledged is lost, and outages are survived.

usage: cluster.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import concurrent.futures
import contextlib
import http.client
import itertools
import pathlib
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import cluster as clusters  # noqa: E402
import dev_server  # noqa: E402
import postgres_server  # noqa: E402

PROGRAM = ""
CLOCK_LIBRARY = ""
VECTORS = pathlib.Path()
OUTAGE_SECONDS = 20
SGX = "SgxEnclave"
GONE = (OSError, http.client.HTTPException)
numbers = itertools.count(1)


def new_policy():
    """A policy that no other has the hash of."""
    return f"version=1.0;\nauthorizationrules {{ => permit(); }};\nissuancerules {{ => issue(type=\"n\", value={next(numbers)}); }};"


def asking(run):
    """A thread's function, whose first argument after self is the node it asks."""

    def until_the_end(self, node, *arguments):
        try:
            run(self, node, *arguments)
        finally:
            node.hang_up()

    return until_the_end


class Attesters:
    """One thread a node that attests on and on; `failures` is what was not answered with a token."""

    def __init__(self, nodes, instances=("default",)):
        self.stopping = threading.Event()
        self.failures, self.counts = [], dict.fromkeys((node.name for node in nodes), 0)
        self.threads = [threading.Thread(target=self._run, args=(node, instances)) for node in nodes]

    @asking
    def _run(self, node, instances):
        for instance in itertools.cycle(instances):
            if self.stopping.is_set():
                return
            try:
                status, answer = node.attest(instance)
                if status != 200:
                    self.failures.append((node.name, instance, status, answer.body[:400]))
            except GONE as error:
                self.failures.append((node.name, instance, repr(error)))
            self.counts[node.name] += 1
            time.sleep(0.005)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()


class Writers:
    """Threads that each write policies through one node until they are stopped; `acknowledged` and `sent` by (instance, type): texts."""

    def __init__(self, nodes, targets, most=None):
        self.stopping = threading.Event()
        self.most, self.lock = most, threading.Lock()
        self.sent, self.acknowledged, self.refused = {}, {}, []
        self.threads = [threading.Thread(target=self._run, args=(node, target)) for node in nodes for target in targets]

    @asking
    def _run(self, node, target):
        instance, kind = target
        for _ in itertools.count() if self.most is None else range(self.most):
            if self.stopping.is_set():
                return
            text = new_policy()
            with self.lock:
                self.sent.setdefault(target, []).append(text)
            try:
                answer = node.set_policy(kind, text, instance)
            except GONE as error:
                self.refused.append((node.name, None, repr(error)))
                time.sleep(0.05)
                continue
            if answer.status == 200:
                with self.lock:
                    self.acknowledged.setdefault(target, []).append(text)
            else:
                self.refused.append((node.name, answer.status, answer))
                time.sleep(0.05)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def join(self):
        for thread in self.threads:
            thread.join()

    def __exit__(self, *_):
        self.stopping.set()
        self.join()


class ThreeNodes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(clusters.Cluster(PROGRAM, CLOCK_LIBRARY, VECTORS))
        cls.nodes = cls.cluster.nodes

    def check_history(self, writers, node):
        """Every acknowledged write is there once, in dense versions, and everything that is there was sent and is whole."""
        for (instance, kind), texts in writers.sent.items():
            history = node.history(kind, instance)
            self.assertEqual([one["version"] for one in history], list(range(1, len(history) + 1)))
            hashes = [one["hash"] for one in history]
            self.assertEqual(len(set(hashes)), len(hashes), "a write was kept twice")
            acknowledged = {clusters.policy_hash(text) for text in writers.acknowledged.get((instance, kind), [])}
            self.assertEqual(acknowledged - set(hashes), set(), f"{instance} {kind}: acknowledged and not there")
            by_hash = {clusters.policy_hash(text): text for text in texts}
            self.assertEqual(set(hashes) - set(by_hash), set(), f"{instance} {kind}: there and never sent")
            for one in history[-3:]:
                kept = node.manage("GET", f"/vidimus/v1/policies/{kind}/history/{one['version']}", instance=instance).json()
                self.assertEqual(kept["text"], by_hash[one["hash"]])
                self.assertEqual(kept["jws"], clusters.unsigned(clusters.policy_body(kept["text"])))

    def judged_by(self, node, instance):
        status, claims = node.attest(instance)
        self.assertEqual(status, 200, claims if status == 200 else claims.body[:400])
        return claims["x-ms-policy-hash"]

    def test_a_policy_decides_at_once_where_it_was_written_and_within_a_second_elsewhere(self):
        instance = self.cluster.create("visible")
        slowest = 0
        for writer in self.nodes * 4:
            text = new_policy()
            self.assertEqual(writer.set_policy(SGX, text, instance).status, 200)
            acknowledged, wanted = time.monotonic(), clusters.policy_hash(text)
            self.assertEqual(self.judged_by(writer, instance), wanted)
            for node in self.nodes:
                # What the store has is what is answered, on every node.
                shown = node.manage("GET", f"/policies/{SGX}", instance=instance).json()["token"]
                self.assertEqual(
                    clusters.tokens.split(shown)[1]["x-ms-policy"], clusters.unsigned(clusters.policy_body(text)), node.name
                )
                while self.judged_by(node, instance) != wanted:
                    self.assertLess(time.monotonic() - acknowledged, 1, f"{node.name} does not judge by what {writer.name} wrote")
                    time.sleep(0.01)
            slowest = max(slowest, time.monotonic() - acknowledged)
        print(f"visible on all nodes within {slowest * 1000:.0f} ms", file=sys.stderr)

    def test_writes_from_all_sides_are_all_kept_while_all_attest(self):
        instances = [self.cluster.create("busy0"), self.cluster.create("busy1")]
        targets = list(itertools.product(instances, (SGX, "OpenEnclave", "Tpm")))
        began = time.monotonic()
        with Attesters(self.nodes, instances) as attesters, Writers(self.nodes, targets, most=12) as writers:
            writers.join()
        self.assertEqual(attesters.failures, [])
        self.assertEqual(writers.refused, [])
        self.assertEqual(sum(map(len, writers.acknowledged.values())), 12 * len(targets) * len(self.nodes))
        for node in self.nodes:
            self.check_history(writers, node)
            for instance in instances:
                self.assertEqual(self.judged_by(node, instance), node.history(SGX, instance)[-1]["hash"])
        print(
            f"{12 * len(targets) * len(self.nodes)} writes and {sum(attesters.counts.values())} attestations"
            f" in {time.monotonic() - began:.1f} s",
            file=sys.stderr,
        )

    def check_refused_for_the_store(self, node, instance):
        began = time.monotonic()
        for method, path, body in (
            ("PUT", f"/policies/{SGX}", clusters.unsigned(clusters.policy_body(new_policy()))),
            ("GET", f"/policies/{SGX}", None),
            ("GET", "/vidimus/v1/keys", None),
        ):
            answer = node.manage(method, path, body, instance)
            self.assertEqual(answer.status, 503, f"{node.name} {method} {path}: {answer.body[:400]}")
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
            self.assertEqual(answer.json()["error"]["vidimus"]["where"], "store.unavailable")
        return time.monotonic() - began

    def test_without_the_database_all_attest_for_a_while_and_nothing_acknowledged_is_lost(self):
        instance = self.cluster.create("outage")
        self.assertEqual(self.nodes[0].set_policy("Tpm", new_policy(), instance).status, 200)
        with Attesters(self.nodes, [instance]) as attesters:
            with Writers(self.nodes, [(instance, SGX)]) as writers:
                time.sleep(1)
                self.cluster.postgres.kill()
                down = time.monotonic()
                time.sleep(1)
                for node in self.nodes:
                    node.await_readiness(200, "degraded", 5)
            while time.monotonic() < down + OUTAGE_SECONDS:
                for node in self.nodes:
                    self.assertLess(self.check_refused_for_the_store(node, instance), 10)
                    self.assertEqual(node.readiness(), (200, "degraded"))
                time.sleep(0.5)
            self.cluster.postgres.start()
            up = time.monotonic()
            for node in self.nodes:
                node.await_readiness(200, "ready")
            print(f"ready again {time.monotonic() - up:.1f} s after the database", file=sys.stderr)
            for node in self.nodes:
                self.check_history(writers, node)
                text = new_policy()
                self.assertEqual(node.set_policy("OpenEnclave", text, instance).status, 200)
                self.assertEqual(node.history("OpenEnclave", instance)[-1]["hash"], clusters.policy_hash(text))
        self.assertEqual(attesters.failures, [])
        self.assertGreater(len(writers.acknowledged[instance, SGX]), 10)
        self.assertEqual({status for _, status, _ in writers.refused}, {503})
        self.assertTrue(all(count > 100 for count in attesters.counts.values()), attesters.counts)

    def test_a_database_that_answers_nothing_holds_up_no_attestation_and_no_management_for_long(self):
        node, count, answers = self.nodes[0], 24, []

        def manage():
            began = time.monotonic()
            answer = node.manage("GET", f"/policies/{SGX}")
            answers.append((time.monotonic() - began, answer))
            node.hang_up()

        threads = [threading.Thread(target=manage) for _ in range(count)]
        with Attesters(self.nodes) as attesters, contextlib.ExitStack() as stack:
            self.cluster.postgres.freeze()
            stack.callback(self.cluster.postgres.thaw)
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            node.await_readiness(200, "degraded")
        self.assertEqual(attesters.failures, [])
        self.assertEqual([(answer.status, "Retry-After" in answer.headers) for _, answer in answers], [(503, True)] * count)
        slowest = max(seconds for seconds, _ in answers)
        self.assertLess(slowest, 20)  # not a third of a minute for every four of them
        for each in self.nodes:
            each.await_readiness(200, "ready")
        print(f"{count} management calls were refused within {slowest:.1f} s", file=sys.stderr)

    def test_past_the_limit_of_staleness_nothing_is_judged(self):
        with contextlib.ExitStack() as stack:
            node = stack.enter_context(clusters.Node(self.cluster, "strict", 5))
            self.assertEqual(node.attest()[0], 200)
            self.cluster.postgres.kill()
            down = time.monotonic()
            stack.callback(lambda: self.cluster.postgres.process or self.cluster.postgres.start())
            while (found := node.attest())[0] == 200:
                self.assertLess(time.monotonic() - down, 7, "judged by a snapshot that is too old")
                time.sleep(0.05)
            self.assertGreater(time.monotonic() - down, 3)
            status, answer = found
            self.assertEqual(status, 503)
            self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
            self.assertEqual(answer.json()["error"]["vidimus"]["where"], "store.stale")
            self.assertEqual(node.readiness(), (503, "unready"))
            self.assertEqual(node.ask("GET", "/healthz").status, 200)
            self.assertEqual(self.nodes[0].attest()[0], 200)  # whose limit is another
            self.cluster.postgres.start()
            node.await_readiness(200, "ready")
            self.assertEqual(node.attest()[0], 200)
            for other in self.nodes:
                other.await_readiness(200, "ready")

    def test_of_the_writes_of_a_killed_node_each_is_whole_or_absent(self):
        instance, victim, witness = self.cluster.create("killed"), self.nodes[1], self.nodes[0]
        created = {}

        def create():
            """A creation writes several rows."""
            for at in itertools.count():
                created[f"whole{at}"] = False
                try:
                    if victim.control("PUT", f"whole{at}", {"location": "here", "properties": {}}).status == 201:
                        created[f"whole{at}"] = True
                except GONE:
                    return victim.hang_up()

        with Writers([victim] * 3, [(instance, SGX), (instance, "Tpm")]) as writers, Attesters([witness], [instance]) as attesters:
            creator = threading.Thread(target=create)
            creator.start()
            # A creation makes a key, which takes a slow machine a second.
            deadline = time.monotonic() + 60
            while sum(list(created.values())) < 3 or sum(map(len, list(writers.acknowledged.values()))) < 30:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
            victim.kill()
            writers.stopping.set()
            writers.join()
            creator.join()
        victim.restart()
        self.assertEqual(attesters.failures, [])
        self.assertGreaterEqual(sum(map(len, writers.acknowledged.values())), 30)
        self.assertGreaterEqual(sum(created.values()), 3)
        for node in (witness, victim):
            self.check_history(writers, node)
            self.assertEqual(self.judged_by(node, instance), node.history(SGX, instance)[-1]["hash"])
            for name, acknowledged in created.items():
                there = node.control("GET", name).status
                self.assertIn(there, (200,) if acknowledged else (200, 404), name)
                if there == 200:
                    self.assertEqual(len(node.ask("GET", "/certs", instance=name).json()["keys"]), 1)
                    self.assertEqual(node.attest(name)[0], 200)
        self.assertEqual(victim.set_policy(SGX, new_policy(), instance).status, 200)

    def race(self, instance, first, second, rounds):
        """`first` and `second`: (node, signer that goes, who signs that). One of the two must fail, every time. How often each was faster."""
        by_who = {}
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for _ in range(rounds):
                start = threading.Barrier(2)

                def remove(node, body, start=start):
                    node.readiness()  # connects
                    start.wait()
                    try:
                        return node.manage("POST", "/certificates:remove", body, instance)
                    finally:
                        node.hang_up()

                answers = list(pool.map(remove, (first[0], second[0]), (first[2].sign_change(first[1]), second[2].sign_change(second[1]))))
                done = [at for at, answer in enumerate(answers) if answer.status == 200]
                self.assertEqual(len(done), 1, [(answer.status, answer.body[:300]) for answer in answers])
                refused = answers[1 - done[0]]
                self.assertEqual(refused.status, 400, refused.body[:400])
                where = refused.json()["error"]["vidimus"]["where"]
                self.assertIn(where, ("policy.signer.last", "policy.signer.untrusted"))
                by_who[done[0]] = by_who.get(done[0], 0) + 1
                gone, left = (first[1], second[1]) if done[0] == 0 else (second[1], first[1])
                for node in self.nodes:
                    listed = clusters.tokens.split(node.manage("GET", "/certificates", instance=instance).json()["token"])[1]
                    keys = listed["x-ms-policy-certificates"]["keys"]
                    self.assertEqual([key["x5c"] for key in keys], [left.jwk["x5c"]])
                answer = first[0].manage("POST", "/certificates:add", left.sign_change(gone), instance)
                self.assertEqual(answer.status, 200, answer.body[:400])
        return by_who

    def test_of_two_signers_removed_at_once_through_two_nodes_one_stays(self):
        one, other = (clusters.Signer(self.cluster.folder, name) for name in ("one", "other"))
        instance = self.cluster.create("isolated", [one, other])
        # Each signs its own removal, so that both would be allowed alone; then each that of the other.
        own = self.race(instance, (self.nodes[0], one, one), (self.nodes[1], other, other), 20)
        crossed = self.race(instance, (self.nodes[2], one, other), (self.nodes[1], other, one), 20)
        print(f"who was faster: {own}, {crossed}", file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY, VECTORS = sys.argv[1], sys.argv[2], dev_server.vectors().resolve()
    postgres_server.need_postgres()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
