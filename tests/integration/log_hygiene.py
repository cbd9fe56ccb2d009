#!/usr/bin/env python3
"""What clients entrust to a dev server is in no log and in no refusal: client secrets, tokens, policies, keys at rest.

usage: log_hygiene.py VIDIMUS_PROGRAM
"""

import json
import pathlib
import sys
import unittest
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import secrecy  # noqa: E402
import tokens  # noqa: E402

PROGRAM = ""
POLICY = "version=1.0; authorizationrules{=> permit();}; issuancerules{};"


class LogHygiene(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(dev_server.Server(PROGRAM))
        self.secrets = secrecy.Secrets()
        self.client = json.loads((self.server.state / "client.json").read_text(encoding="utf-8"))
        self.secrets.add("client secret", self.client["client_secret"])
        self.secrets.add("master key", (self.server.state / "keys" / "master.key").read_text(encoding="utf-8").split()[-1])

    def sign_in(self, **changed):
        form = {
            "grant_type": "client_credentials",
            "client_id": self.client["client_id"],
            "client_secret": self.client["client_secret"],
            "scope": "https://attest.azure.net/.default",
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        path = f"/{self.client['tenant']}/oauth2/v2.0/token"
        answer = self.server.post(path, urllib.parse.urlencode(form | changed), kind)
        self.secrets.check_answer(answer, path)
        return answer

    def test_neither_what_is_entrusted_nor_what_is_mistaken_for_it_is_logged(self):
        wrong = "another secret of somebody's"
        self.secrets.add("wrong client secret", wrong)
        for changed in ({"client_secret": wrong}, {"client_id": self.client["client_secret"]}, {"grant_type": wrong}, {"scope": wrong}):
            self.assertGreaterEqual(self.sign_in(**changed).status, 400)
        answer = self.sign_in()
        self.assertEqual(answer.status, 200)
        token = answer.json()["access_token"]
        for part in token.split(".")[1:]:
            self.secrets.add("bearer token", part)
        jws = ".".join(
            [
                tokens.encode(b'{"alg":"none"}'),
                tokens.encode(json.dumps({"AttestationPolicy": tokens.encode(POLICY.encode())}).encode()),
                "",
            ]
        )
        self.secrets.add("policy JWS", jws)
        statuses = []
        for value in (f"Bearer {token}", f"Bearer {token}x", f"Basic {token}", f"Bearer {token} {token}"):
            headers = {"Authorization": value}
            for method, path, body in (
                ("PUT", "/policies/SgxEnclave", jws),
                ("PUT", "/policies/SgxEnclave", jws + "x"),
                ("GET", "/vidimus/v1/keys", None),
            ):
                answer = self.server.request(method, path, body, headers)
                self.secrets.check_answer(answer, path, token)
                statuses.append(answer.status)
        self.assertEqual((statuses[0], set(statuses[3:])), (200, {401}))
        self.secrets.check_log(self.server.log())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    PROGRAM = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
