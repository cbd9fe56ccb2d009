#!/usr/bin/env python3
"""Every management route by every kind of caller: a role allows what the reference says, and nobody's role reaches another tenant.

usage: tenant_isolation.py VIDIMUS_PROGRAM FIXED_CLOCK_LIBRARY
"""

import json
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
import dev_server  # noqa: E402
import tenants  # noqa: E402
import tokens  # noqa: E402

PROGRAM, CLOCK_LIBRARY = "", ""
TYPES = ("SgxEnclave", "OpenEnclave", "SevSnpVm", "TdxVm", "AzureGuest", "Tpm")
POLICY = "version=1.0; authorizationrules{=> permit();}; issuancerules{};"
RANK = {None: -1, "reader": 0, "contributor": 1, "owner": 2}
OWNER_OR_OPERATOR = "owner or operator"
OPERATOR = "operator"


def unsigned(payload):
    return ".".join([tokens.encode(b'{"alg":"none"}'), tokens.encode(json.dumps(payload).encode()) if payload else "", ""])


def routes(signer, isolated):
    """(who, method, path, body) of everything in Management of docs/reference/api.md; bodies are ones that the instance takes."""
    policy = {"AttestationPolicy": tokens.encode(POLICY.encode())}
    jws = signer.sign(policy) if isolated else unsigned(policy)
    reset = signer.sign("") if isolated else unsigned(None)
    change = signer.sign({"policyCertificate": signer.jwk})
    out = []
    for kind in TYPES:
        own = f"/vidimus/v1/policies/{kind}"
        out += [
            ("reader", "GET", f"/policies/{kind}", None),
            ("contributor", "PUT", f"/policies/{kind}", jws),
            ("reader", "GET", f"{own}/history", None),
            ("reader", "GET", f"{own}/history/1", None),
            ("contributor", "POST", f"{own}:rollback", {"version": 1}),
            ("contributor", "POST", f"/policies/{kind}:reset", reset),
        ]
    out += [
        ("reader", "GET", "/certificates", None),
        ("contributor", "POST", "/certificates:add", change),
        ("contributor", "POST", "/certificates:remove", change),
        (OWNER_OR_OPERATOR, "GET", "/vidimus/v1/settings", None),
        (OWNER_OR_OPERATOR, "PATCH", "/vidimus/v1/settings", {"tokenLifetime": 3600}),
        (OWNER_OR_OPERATOR, "GET", "/vidimus/v1/settings/history", None),
        ("reader", "GET", "/vidimus/v1/signers/history", None),
        ("reader", "GET", "/vidimus/v1/keys", None),
        ("owner", "POST", "/vidimus/v1/keys:rotate", {"emergency": True}),
    ]
    return out


def control_plane():
    """(method, path, body) of what an operator may do, beside keys:rewrap."""
    provider, resource = "/providers/Microsoft.Attestation", f"{tenants.SCOPE}/beta"
    return [
        ("PUT", f"{tenants.SCOPE}/gamma", {"location": "local", "properties": {}}),
        ("PUT", resource, {"location": "local", "properties": {}}),
        ("GET", resource, None),
        ("PATCH", resource, {"tags": {"a": "b"}}),
        ("DELETE", resource, None),
        ("GET", tenants.SCOPE, None),
        ("GET", f"/subscriptions/s{provider}/attestationProviders", None),
        ("GET", f"/subscriptions/s{provider}/defaultProviders", None),
        ("GET", f"/subscriptions/s{provider}/locations/local/defaultProvider", None),
        ("GET", f"{provider}/operations", None),
        ("GET", f"{resource}/privateLinkResources", None),
        ("GET", f"{resource}/privateEndpointConnections", None),
        ("GET", f"{resource}/privateEndpointConnections/x", None),
        ("PUT", f"{resource}/privateEndpointConnections/x", {}),
        ("DELETE", f"{resource}/privateEndpointConnections/x", None),
        ("POST", "/vidimus/v1/keys:rewrap", None),
        ("GET", "/vidimus/v1/endorsements", None),
        ("GET", "/vidimus/v1/endorsements/export", None),
        ("POST", "/vidimus/v1/endorsements", None),
    ]


class TenantIsolation(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.service = cls.enterClassContext(tenants.Tenants(PROGRAM, CLOCK_LIBRARY, dev_server.vectors().resolve()))
        cls.service.secrets.add("a policy's JWS", routes(cls.service.signer, True)[1][3].rpartition(".")[2])

    @classmethod
    def tearDownClass(cls):
        cls.service.secrets.check_log(cls.service.server.log())

    def state(self, instance):
        """What the instance shows to its owner and to the world, but for what differs from one answer to the next."""
        owner, out = self.service.of(instance, "owner"), {}
        reads = [path for _, method, path, _ in routes(self.service.signer, True) if method == "GET"]
        for path in [*reads, "/certs", "/.well-known/openid-configuration"]:
            answer = self.service.ask(instance, "GET", path, owner)
            body = answer.json()
            if "token" in body:
                body = {name: value for name, value in tokens.split(body["token"])[1].items() if name not in ("iat", "exp", "nbf", "jti")}
            if "error" in body:
                body = body["error"]["vidimus"]["where"]
            out[path] = (answer.status, body)
        return out

    def refused(self, answer, statuses, wheres):
        error = answer.json()["error"]
        self.assertIn(answer.status, statuses, error)
        self.assertIn(error["vidimus"]["where"], wheres)
        self.assertEqual(error["code"], {401: "Unauthorized", 403: "Forbidden"}[answer.status])
        self.assertEqual(error["innererror"], {"code": error["code"], "message": error["message"]})
        return error

    def ask(self, instance, call, token):
        method, path, body = call
        return self.service.ask(instance, method, path, token, body)

    def test_an_owner_of_one_tenant_is_nobody_on_another(self):
        strangers = {"alpha": self.service.of("beta", "owner"), "beta": self.service.of("alpha", "owner")}
        for instance, stranger in strangers.items():
            before = self.state(instance)
            for who, *call in routes(self.service.signer, instance == "beta"):
                with self.subTest(instance=instance, call=call[:2]):
                    error = self.refused(self.ask(instance, call, stranger), {403}, {"auth.role"})
                    self.assertNotIn(POLICY, error["message"])
            self.assertEqual(self.state(instance), before)

    def test_an_owner_is_nobody_on_the_default_instance_and_on_the_control_plane(self):
        owner = self.service.of("alpha", "owner")
        armed = self.service.of("alpha", "owner", aud=tenants.ARM_AUDIENCE)
        both = self.service.of("alpha", "owner", aud=[tenants.ARM_AUDIENCE, tenants.AUDIENCE])
        before = {name: self.state(name) for name in ("alpha", "beta")}
        for _, *call in routes(self.service.signer, False):
            with self.subTest(call=call[:2]):
                self.refused(self.ask(None, call, owner), {403}, {"auth.role"})
        for method, path, body in control_plane():
            for host in (None, "alpha", "beta"):
                with self.subTest(call=path, host=host):
                    call = (method, path + "?api-version=2021-06-01", body)
                    self.refused(self.ask(host, call, owner), {401}, {"auth.token.audience"})
                    self.refused(self.ask(host, call, armed), {403}, {"auth.role"})
                    self.refused(self.ask(host, call, both), {403}, {"auth.role"})
        self.assertEqual({name: self.state(name) for name in before}, before)
        self.assertEqual(self.service.ask("gamma", "GET", "/certs").status, 404)

    def test_without_a_token_there_is_no_management(self):
        for instance in ("alpha", "beta", None):
            for _, *call in routes(self.service.signer, False):
                with self.subTest(instance=instance, call=call[:2]):
                    answer = self.ask(instance, call, None)
                    self.refused(answer, {401}, {"auth.missing"})
                    self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
        for method, path, body in control_plane():
            self.refused(self.service.ask(None, method, path, None, body), {401}, {"auth.missing"})

    def test_a_role_allows_what_the_reference_says_and_no_more(self):
        callers = {role: self.service.of("alpha", role) for role in tenants.ROLES}
        callers |= {None: self.service.first.token(sub="nobody"), OPERATOR: self.service.operator()}
        for who, *call in routes(self.service.signer, False):
            for name, token in callers.items():
                if who == OWNER_OR_OPERATOR:
                    allowed = name in ("owner", OPERATOR)
                else:
                    allowed = name in RANK and RANK[name] >= RANK[who]
                with self.subTest(call=call[:2], role=name):
                    answer = self.ask("alpha", call, token)
                    if allowed:
                        self.assertNotIn(answer.status, (401, 403, 500), answer.body[:400])
                    else:
                        self.refused(answer, {403}, {"auth.role"})

    def test_the_greatest_of_several_roles_counts_and_none_of_another_claim(self):
        rotate = ("POST", "/vidimus/v1/keys:rotate", {"emergency": True})
        both = self.service.first.token(roles=["reader", "owner", "contributor"])
        self.assertEqual(self.ask("alpha", rotate, both).status, 200)
        self.refused(
            self.ask("alpha", rotate, self.service.first.token(roles=["reader"], scp="owner", groups=["owner"])), {403}, {"auth.role"}
        )

    def test_an_operators_token_for_one_plane_is_none_for_the_other(self):
        data, arm = self.service.operator(), self.service.operator(arm=True)
        self.refused(self.ask("alpha", ("GET", "/vidimus/v1/settings", None), arm), {401}, {"auth.token.audience"})
        self.refused(self.service.arm("GET", tenants.SCOPE, data), {401}, {"auth.token.audience"})
        self.assertEqual(self.service.arm("GET", tenants.SCOPE, arm).status, 200)
        impostor = self.service.second.token(roles=["Operator"], sub="operator", aud=tenants.ARM_AUDIENCE)
        self.refused(self.service.arm("GET", tenants.SCOPE, impostor), {403}, {"auth.role"})

    def test_an_isolated_instance_asks_its_signer_and_the_role(self):
        """Each without the other changes nothing (maa-rest-api section 3)."""
        before = self.state("beta")
        contributor = self.service.of("beta", "contributor")
        for body in (
            unsigned({"AttestationPolicy": tokens.encode(POLICY.encode())}),
            tenants.PolicySigner().sign({"AttestationPolicy": tokens.encode(POLICY.encode())}),
        ):
            answer = self.ask("beta", ("PUT", "/policies/SgxEnclave", body), contributor)
            self.assertEqual((answer.status, answer.json()["error"]["code"]), (400, "InvalidOperation"))
        signed = routes(self.service.signer, True)[1][3]
        self.refused(self.ask("beta", ("PUT", "/policies/SgxEnclave", signed), self.service.of("beta", "reader")), {403}, {"auth.role"})
        self.assertEqual(self.state("beta"), before)

    def test_an_owner_who_grants_in_the_name_of_an_unknown_issuer_lets_nobody_in(self):
        owner = self.service.of("alpha", "owner")
        settings = self.ask("alpha", ("GET", "/vidimus/v1/settings", None), owner).json()["settings"]
        strange = {"issuer": "https://evil.example", "claim": "sub", "value": "x", "role": "owner"}
        patched = self.ask("alpha", ("PATCH", "/vidimus/v1/settings", {"grants": [*settings["grants"], strange]}), owner)
        if patched.status == 200:
            token = self.service.first.token(iss="https://evil.example", sub="x")
            self.refused(self.ask("alpha", ("GET", "/vidimus/v1/keys", None), token), {401}, {"auth.token.issuer"})
        self.ask("alpha", ("PATCH", "/vidimus/v1/settings", {"grants": settings["grants"]}), owner)

    def test_what_is_refused_repeats_no_long_value(self):
        owner, long = self.service.of("alpha", "owner"), "A" * 100_000
        for call in (
            ("POST", "/vidimus/v1/keys:rotate", {"emergency": long}),
            ("POST", "/vidimus/v1/policies/SgxEnclave:rollback", {"version": long}),
            ("POST", "/vidimus/v1/policies/SgxEnclave:rollback", {long: 1}),
            ("PATCH", "/vidimus/v1/settings", {"explain": long}),
            ("PATCH", "/vidimus/v1/settings", {long: 1}),
            ("PUT", "/policies/SgxEnclave", long),
            ("POST", "/certificates:add", long),
        ):
            with self.subTest(call=call[:2]):
                answer = self.ask("alpha", call, owner)
                self.assertEqual(answer.status, 400)
                self.assertLess(len(answer.body), 8192)

    def test_a_name_begun_anew_is_nobodys_of_before(self):
        arm = self.service.operator(arm=True)
        body = {"location": "local", "properties": {}}
        for _ in range(2):
            made = self.service.arm("PUT", f"{tenants.SCOPE}/delta", arm, body)
            self.assertEqual(made.status, 201)
            keys = self.service.ask("delta", "GET", "/certs").json()
            self.refused(self.ask("delta", ("GET", "/vidimus/v1/settings", None), self.service.of("alpha", "owner")), {403}, {"auth.role"})
            grant = {"issuer": self.service.first.url, "claim": "roles", "value": "owner", "role": "owner"}
            operator = self.service.operator()
            self.assertEqual(self.ask("delta", ("PATCH", "/vidimus/v1/settings", {"grants": [grant]}), operator).status, 200)
            self.assertEqual(self.ask("delta", ("GET", "/vidimus/v1/keys", None), self.service.of("alpha", "owner")).status, 200)
            self.assertEqual(self.service.arm("DELETE", f"{tenants.SCOPE}/delta", arm).status, 200)
            self.assertEqual(self.service.ask("delta", "GET", "/certs").status, 404)
            answer = self.ask("delta", ("GET", "/vidimus/v1/keys", None), self.service.of("alpha", "owner"))
            self.assertEqual(answer.status, 404)
        self.assertNotEqual(keys, {})


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    PROGRAM, CLOCK_LIBRARY = sys.argv[1], pathlib.Path(sys.argv[2]).resolve()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]], verbosity=2)
