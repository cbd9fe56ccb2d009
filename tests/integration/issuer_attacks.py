#!/usr/bin/env python3
"""OpenID issuers that hang, lie, redirect or flood, and callers that make the service ask them: others go on being served.

usage: issuer_attacks.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import concurrent.futures
import contextlib
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import openid_issuer  # noqa: E402
import tenants  # noqa: E402
import tls_server  # noqa: E402

PROGRAM, CLOCK_LIBRARY = "", ""
ROUTE = "/policies/SgxEnclave"
FORGED = 200
KEYS = 10_000
DOCUMENT_BYTES = 256 * 1024
FETCHES = 2 * 2  # discovery and keys, of one look, and of another if the time between two looks passes meanwhile
PROMPT_SECONDS = 4
LOOK_SECONDS = 5  # that one request to an issuer may take (limits::kOpenIdFetchSeconds); a busy machine may take longer for its own
WAITING = 100  # more than an instance may have management calls at once
KNOCKS = 3000
PIPELINED = 60


class IssuerAttacks(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.stack = cls.enterClassContext(contextlib.ExitStack())
        folder = pathlib.Path(cls.stack.enter_context(tempfile.TemporaryDirectory(prefix="vidimus-test-")))
        tls_server.make_tls(folder, "localhost")
        names = ("hung", "redirecting", "large", "at_limit", "many", "elsewhere", "plain", "trap", "listed", "flooded")
        cls.bad = {name: cls.stack.enter_context(openid_issuer.Issuer(folder, tenants.NOW, tenants.AUDIENCE)) for name in names}
        trust = "\n".join(line for name, issuer in cls.bad.items() if name != "trap" for line in tenants.Tenants.trusted(issuer.url))
        trust = trust.replace('"tls.pem"', f'"{folder}/tls.pem"')
        cls.spoil()
        cls.service = cls.stack.enter_context(tenants.Tenants(PROGRAM, CLOCK_LIBRARY, dev_server.vectors().resolve(), trust))

    @classmethod
    def spoil(cls):
        bad, trap = cls.bad, cls.bad["trap"].url
        bad["hung"].free.clear()
        bad["redirecting"].give("/keys", b"", 302, Location=trap + "/keys")
        keys = bad["large"].documents["/keys"][2]
        bad["large"].give("/keys", keys + b" " * (DOCUMENT_BYTES + 1 - len(keys)))
        keys = bad["at_limit"].documents["/keys"][2]
        bad["at_limit"].give("/keys", keys + b" " * (DOCUMENT_BYTES - len(keys)))
        bad["many"].give("/keys", {"keys": [{"kty": "oct"}] * KEYS + [bad["many"].rsa.jwk()]})
        bad["elsewhere"].give("/.well-known/openid-configuration", {"issuer": trap, "jwks_uri": trap + "/keys"})
        bad["plain"].give(
            "/.well-known/openid-configuration", {"issuer": bad["plain"].url, "jwks_uri": trap.replace("https", "http") + "/keys"}
        )
        bad["listed"].give("/.well-known/openid-configuration", {"issuer": bad["listed"].url, "jwks_uri": [trap + "/keys"]})

    @classmethod
    def tearDownClass(cls):
        cls.service.secrets.check_log(cls.service.server.log())

    def get(self, token, instance="alpha"):
        return self.service.ask(instance, "GET", ROUTE, self.service.remember(token))

    def where(self, token):
        answer = self.get(token)
        return answer.status, answer.json()["error"]["vidimus"]["where"]

    def test_keys_that_cannot_be_had_are_nobodys_reason_to_trust(self):
        """Whatever the issuer does, the caller hears 503 and no more; the operator's log says what was found."""
        for name in ("redirecting", "large", "many", "elsewhere", "plain", "listed"):
            with self.subTest(issuer=name):
                issuer = self.bad[name]
                answer = self.get(issuer.token())
                error = answer.json()["error"]
                self.assertEqual((answer.status, error["vidimus"]["where"]), (503, "auth.keys.unavailable"))
                self.assertEqual(error["code"], "ServiceUnavailable")
                self.assertIn("Retry-After", answer.headers)
                self.assertNotIn(self.bad["trap"].url, answer.body.decode())
                self.assertIn(f'"issuer":"{issuer.url}"', self.service.server.log())

    def test_no_redirect_and_no_plain_url_is_followed(self):
        self.get(self.bad["redirecting"].token())
        self.get(self.bad["plain"].token())
        self.get(self.bad["elsewhere"].token())
        self.assertEqual(self.bad["trap"].asked, [])

    def test_a_document_at_the_limit_of_size_is_read(self):
        self.assertEqual(self.where(self.bad["at_limit"].token()), (403, "auth.role"))

    def test_unknown_kids_make_few_fetches(self):
        """At most one look every ten seconds, whoever asks for how many keys."""
        issuer = self.bad["flooded"]
        made = [issuer.token({"kid": f"forged-{i}"}) for i in range(FORGED)]
        began, before = time.monotonic(), len(issuer.asked)
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(self.where, made))
        spent = time.monotonic() - began
        self.assertEqual(set(answers), {(401, "auth.token.key")})
        self.assertLessEqual(len(issuer.asked) - before, 2 + 2 * int(spent // 10 + 1), issuer.asked)
        self.assertEqual(self.where(issuer.token()), (403, "auth.role"))  # and its own key is good

    def test_an_issuer_that_hangs_holds_up_only_its_own(self):
        hung, good = self.bad["hung"], self.service.of("alpha", "reader")
        self.assertEqual(self.get(good).status, 200)

        def wait(_):
            with contextlib.suppress(OSError):
                return self.get(hung.token()).status
            return None

        with concurrent.futures.ThreadPoolExecutor(WAITING) as pool:
            hanging = time.monotonic()  # or a little later: this program may be held up itself
            waiting = [pool.submit(wait, i) for i in range(WAITING)]
            while not hung.asked:
                time.sleep(0.01)
            time.sleep(0.2)
            rounds = 0  # while the issuer hung
            while rounds < 10 and not all(one.done() for one in waiting):
                rounds += 1
                for call in (
                    lambda: self.get(good).status,
                    lambda: self.get(self.service.of("beta", "reader"), "beta").status,
                    lambda: self.service.ask("alpha", "GET", "/certs").status,
                    lambda: self.service.ask(None, "POST", "/attest/SgxEnclave", body={"quote": self.service.quote()}).status,
                ):
                    began = time.monotonic()
                    self.assertEqual(call(), 200)
                    self.assertLess(time.monotonic() - began, PROMPT_SECONDS)
            self.assertGreater(rounds, 0)
            in_time = time.monotonic() - hanging < LOOK_SECONDS - 1
            if in_time:
                self.assertFalse(all(one.done() for one in waiting), "the issuer hung all the while")
            hung.free.set()
            statuses = {one.result() for one in waiting}
        self.assertLessEqual(statuses, {403, 503}, statuses)
        if in_time:
            self.assertEqual(len(hung.asked) % 2, 0)
        self.assertLessEqual(len(hung.asked), FETCHES)

    def test_those_without_a_role_do_not_use_up_the_share_of_management(self):
        """Of which an instance has 1000 at once and 100 a second (FairShareSettings): its owner needs it while others knock."""
        stranger = self.service.second.token(roles=["owner"])
        for header in ("", f"Authorization: Bearer {stranger}\r\n"):
            request = f"GET {ROUTE} HTTP/1.1\r\nHost: alpha.{tenants.DOMAIN}\r\n{header}\r\n".encode()
            with self.service.server.connect() as client:
                refused = b""
                # Sent and read by one thread: an SSL object is not to be used by two at once.
                for sent in range(PIPELINED, KNOCKS + 1, PIPELINED):
                    client.sendall(request * PIPELINED)
                    while refused.count(b'"innererror"') < sent:
                        got = client.recv(1 << 20)
                        self.assertTrue(got)
                        refused += got
                    if sent % (KNOCKS // 10) == 0:
                        self.assertEqual(self.get(self.service.of("alpha", "owner")).status, 200)
                self.assertNotIn(b"HTTP/1.1 429", refused)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
