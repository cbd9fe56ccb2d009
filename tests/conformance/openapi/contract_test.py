"""api/openapi.yaml is a valid document, its examples hold, and so does every answer of a server: each operation is called at least once.

Which paths there are is compared elsewhere, by tests/integration/openapi_routes_test.cc.
"""

import base64
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest
import urllib.parse

import jsonschema
import openapi_spec_validator
import referencing
import referencing.jsonschema
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "support"))
import dev_server  # noqa: E402
import tokens  # noqa: E402

DOCUMENT = yaml.safe_load((ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8"))
METHODS = ("get", "put", "post", "patch", "delete")
BASELINE_TYPES = ["SgxEnclave", "OpenEnclave", "TdxVm"]
TYPES = DOCUMENT["components"]["schemas"]["AttestationType"]["enum"]
SUBSCRIPTION, GROUP = "00000000-0000-4000-8000-000000000001", "tests"
AUDIENCE = "https://attest.azure.net"
POLICY = "version=1.0; authorizationrules{=> permit();}; issuancerules{};"
INSTANCES = ("contract-aad", "contract-isolated")
REGISTRY = referencing.Registry().with_resource(
    "urn:openapi", referencing.Resource(contents=DOCUMENT, specification=referencing.jsonschema.DRAFT202012)
)


def resolved(value):
    while "$ref" in value and value["$ref"].startswith("#/"):
        found = DOCUMENT
        for part in value["$ref"][2:].split("/"):
            found = found[part]
        value = found
    return value


def located(document):
    """Every schema that says where it is, so that what it refers to is found."""
    if isinstance(document, dict):
        out = {name: located(value) for name, value in document.items()}
        if isinstance(out.get("$ref"), str) and out["$ref"].startswith("#/"):
            out["$ref"] = "urn:openapi" + out["$ref"]
        return out
    return [located(value) for value in document] if isinstance(document, list) else document


def faults(value, schema):
    """What is wrong with a value, as text."""
    checker = jsonschema.Draft202012Validator(located(schema), registry=REGISTRY, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message[:300]}" for error in checker.iter_errors(value)]


def media_types(value, at=""):
    """(where, media type) of all that have an example."""
    if isinstance(value, dict):
        if "schema" in value and "example" in value:
            yield at, value
        for name, one in value.items():
            if name not in ("example", "examples"):
                yield from media_types(one, f"{at}/{name}")
    elif isinstance(value, list):
        for number, one in enumerate(value):
            yield from media_types(one, f"{at}/{number}")


def is_elsewhere(operation):
    """On a health listener alone, which a dev server has not."""
    return operation.get("x-vidimus-health-listener") == "alone"


def unsigned(payload):
    return tokens.encode(b'{"alg":"none"}') + "." + (tokens.encode(json.dumps(payload).encode()) if payload else "") + "."


class Signer:
    """An RSA key and its certificate, of openssl's command line."""

    def __init__(self, folder, name):
        self.key = folder / f"{name}.key"
        request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}", "-outform", "DER"]
        self.der = subprocess.run([*request, "-keyout", str(self.key)], capture_output=True, check=True).stdout
        self.x5c = [base64.b64encode(self.der).decode()]

    def sign(self, payload):
        header = {"alg": "RS256", "x5c": self.x5c}
        text = ".".join(tokens.encode(json.dumps(part).encode()) for part in (header, payload))
        command = ["openssl", "dgst", "-sha256", "-sign", str(self.key)]
        return text + "." + tokens.encode(subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout)


class Document(unittest.TestCase):
    def test_is_valid_openapi(self):
        openapi_spec_validator.validate(DOCUMENT)

    def test_examples_hold(self):
        checked = 0
        for where, media in media_types(DOCUMENT):
            with self.subTest(where):
                self.assertEqual(faults(media["example"], media["schema"]), [])
            checked += 1
        for name, schema in DOCUMENT["components"]["schemas"].items():
            for example in schema.get("examples", []) if isinstance(schema, dict) else []:
                with self.subTest(name):
                    self.assertEqual(faults(example, schema), [])
                checked += 1
        self.assertGreater(checked, 12)

    def test_every_component_is_used_and_every_operation_has_a_name_of_its_own(self):
        text = (ROOT / "api" / "openapi.yaml").read_text(encoding="utf-8")
        for kind, components in DOCUMENT["components"].items():
            for name in components:
                if kind != "securitySchemes":
                    self.assertIn(f'"#/components/{kind}/{name}"', text, name)
        names = re.findall(r"operationId: (\w+)", text)
        self.assertEqual(len(names), len(set(names)))


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ports = {name: dev_server.free_port() for name in INSTANCES}
        listeners = [word for name, port in cls.ports.items() for word in ("--instance-listen", f"{name}=127.0.0.1:{port}")]
        cls.server = cls.enterClassContext(dev_server.Server(os.environ["VIDIMUS_PROGRAM"], listeners))
        cls.signers = [Signer(cls.server.folder, name) for name in ("first", "second")]
        cls.bearers = {"bearer": cls.server.bearer(AUDIENCE), "armBearer": cls.server.bearer(cls.server.issuer)}
        cls.server.create_instance("contract-aad")
        cls.server.create_instance("contract-isolated", cls.signers[0].x5c)
        cls.answered = {}  # "GET /certs": statuses

    def check_answer(self, operation, answer):
        """Status, headers and body are as the document says."""
        self.assertIn(str(answer.status), operation["responses"], answer.body[:600])
        response = resolved(operation["responses"][str(answer.status)])
        for name, header in response.get("headers", {}).items():
            header = resolved(header)
            self.assertTrue(name in answer.headers or not header.get("required"), f"found no {name}")
            if name in answer.headers and header["schema"].get("type") != "integer":
                self.assertEqual(faults(answer.headers[name], header["schema"]), [])
        if "content" not in response:
            return self.assertEqual(answer.body, b"")
        if "application/json" not in response["content"]:
            return self.assertEqual([answer.headers["Content-Type"]], list(response["content"]))
        self.assertEqual(answer.headers["Content-Type"], "application/json; charset=utf-8")
        schema = response["content"]["application/json"]["schema"]
        body = answer.json()
        self.assertEqual(faults(body, schema), [], answer.body[:600])
        claims = schema.get("properties", {}).get("token", {}).get("contentSchema")
        if claims:
            self.assertEqual(faults(tokens.split(body["token"])[1], claims), [])
        return body

    def call(self, method, template, body=None, expect=200, port=None, authorized=True, **parameters):
        """Calls an operation as the document has it, and checks the answer by it. Returns its body."""
        item = DOCUMENT["paths"][template]
        operation = item[method.lower()]
        path, query = template, []
        for parameter in map(resolved, [*item.get("parameters", []), *operation.get("parameters", [])]):
            value = parameters.pop(parameter["name"].replace("-", "_"), None)
            if parameter["in"] == "path":
                self.assertEqual(faults(value, parameter["schema"]), [])
                path = path.replace("{" + parameter["name"] + "}", urllib.parse.quote(str(value)))
            elif value or parameter["required"]:
                query.append((parameter["name"], value or parameter["schema"]["enum"][-1]))
        self.assertEqual(parameters, {}, "parameters that the document does not have")
        self.assertNotIn("{", path)
        headers = {}
        schemes = operation.get("security", DOCUMENT["security"])
        for scheme in [name for one in schemes for name in one] if authorized else []:
            headers |= self.bearers[scheme]
        if body is not None:
            (kind, *_) = resolved(operation["requestBody"])["content"]
            headers["Content-Type"] = kind
        connection = self.server.connection(port)
        answer = self.server.request(method, path + ("?" + urllib.parse.urlencode(query) if query else ""), body, headers, connection)
        connection.close()
        with self.subTest(call=f"{method} {path}", expected=expect):
            self.assertEqual(answer.status, expect, answer.body[:600])
            self.answered.setdefault(f"{method} {template}", set()).add(answer.status)
            return self.check_answer(operation, answer)

    def arm(self, **more):
        return {"subscription": SUBSCRIPTION, **more}

    def manage_policies(self, port):
        path, kind = "/policies/{attestationType}", {"attestationType": "SgxEnclave", "port": port}
        self.call("PUT", path, unsigned({"AttestationPolicy": tokens.encode(POLICY.encode())}), **kind)
        self.call("POST", path + ":reset", unsigned(None), **kind)
        self.call("POST", "/vidimus/v1/policies/{attestationType}:rollback", {"version": 1}, **kind)
        self.call("PUT", path, unsigned({"AttestationPolicy": tokens.encode(b"version=1.0;")}), expect=400, **kind)
        for version in (1, 2, 3):
            self.call("GET", "/vidimus/v1/policies/{attestationType}/history/{version}", version=version, **kind)
        self.call("GET", "/vidimus/v1/policies/{attestationType}/history/{version}", version=9, expect=400, **kind)
        self.call("POST", "/vidimus/v1/policies/{attestationType}:rollback", {"version": 9}, expect=400, **kind)

    def manage_signers(self, port):
        first, second = self.signers
        change = first.sign({"policyCertificate": {"kty": "RSA", "x5c": second.x5c}})
        self.call("POST", "/certificates:add", change, port=port)
        self.call("GET", "/certificates", port=port)
        self.call("POST", "/certificates:remove", change, port=port)
        self.call("POST", "/certificates:add", unsigned({"policyCertificate": {"x5c": second.x5c}}), expect=400, port=port)
        signed = first.sign({"AttestationPolicy": tokens.encode(POLICY.encode())})
        self.call("PUT", "/policies/{attestationType}", signed, attestationType="SgxEnclave", port=port)

    def manage_instance(self, port):
        self.call("PATCH", "/vidimus/v1/settings", {"tokenLifetime": 3600, "sgx": {"expiry": "strict"}, "tdx": {"paravisors": []}}, port=port)
        self.call("PATCH", "/vidimus/v1/settings", {"tokenLifetime": 1}, expect=400, port=port)
        self.call("POST", "/vidimus/v1/keys:rotate", {}, port=port)
        self.call("POST", "/vidimus/v1/keys:rotate", {}, expect=409, port=port)
        self.call("POST", "/vidimus/v1/keys:rotate", {"emergency": True}, port=port)
        self.call("POST", "/vidimus/v1/keys:rotate", {"emergency": 1}, expect=400, port=port)
        self.call("POST", "/vidimus/v1/keys:rewrap")

    def endorsements(self):
        path = "/vidimus/v1/endorsements"
        connection = self.server.connection()
        bundle = self.server.request("GET", path + "/export", None, self.bearers["armBearer"], connection).body
        connection.close()
        held = len(self.call("GET", path, at="2026-01-01T00:00:00Z")["documents"])
        self.assertEqual(self.call("POST", path, bundle), {"added": 0, "held": held, "refused": []})
        self.call("POST", path, "{}", expect=400)
        refused = self.bundle_of(b"no endorsement")
        self.assertEqual(len(self.call("POST", path, refused, expect=400)["error"]["vidimus"]["refused"]), 1)
        self.call("GET", path + "/export", history="true")
        self.call("GET", path + "/export", history="maybe", expect=400)
        self.call("GET", path, skip="x", expect=400)

    @staticmethod
    def bundle_of(content):
        """A bundle of one document, with its digests."""
        document = {"sha256": hashlib.sha256(content).hexdigest(), "name": "one", "text": content.decode()}
        header = {"format": "vidimus-endorsements", "version": 1, "created": "2026-01-01T00:00:00Z", "documents": 1}
        text = "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in (header, document))
        return text + json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest()}) + "\n"

    def baselines(self):
        path = "/tcbbaselines/{attestationType}"
        for kind in BASELINE_TYPES:
            entries = self.call("GET", path, attestationType=kind)["tcbBaselines"]
            self.assertEqual([(one["tcbIdentifier"], one["isSelectedTcb"]) for one in entries], [("azuredefault", True), ("20", False), ("19", False)])
        self.call("GET", path, expect=400, attestationType="Tpm")

    def attest(self):
        made = self.call("POST", "/vidimus/v1/sim/sgx/quote", {"svn": 2, "runtimeData": tokens.encode(b"{}")})
        self.call("POST", "/vidimus/v1/sim/sgx/quote", {"svn": -1}, expect=400)
        for kind, member in (("SgxEnclave", "quote"), ("OpenEnclave", "report")):
            path, body = f"/attest/{kind}", {member: made[member], "runtimeData": {"data": "e30", "dataType": "JSON"}}
            self.call("POST", path, body)
            self.call("POST", path, body | {"draftPolicyForAttestation": POLICY})
            self.call("POST", path, body | {"draftPolicyForAttestation": "version=1.0;authorizationrules{};"}, expect=400)
            self.call("POST", path, body | {"draftPolicyForAttestation": "nonsense"}, expect=400)
            self.call("POST", path, body | {member: "AA"}, expect=400)
        machine = self.call("POST", "/vidimus/v1/sim/tdx/quote", {"runtimeData": tokens.encode(b"{}")})
        self.call("POST", "/vidimus/v1/sim/tdx/quote", {"mrtd": ""}, expect=400)
        self.call("POST", "/attest/TdxVm", machine | {"runtimeData": {"data": "e30", "dataType": "JSON"}})
        for kind in TYPES[2:]:
            self.call("POST", f"/attest/{kind}", {}, expect=400)
        self.call("POST", "/attest/Tpm", {}, expect=401, authorized=False)

    def try_policies(self):
        for policy in (POLICY, "nonsense", POLICY + "x"):
            self.call("POST", "/vidimus/v1/policies:check", {"policy": policy, "type": "SgxEnclave"})
            for trace in (False, True):
                body = {"policy": policy, "type": "SgxEnclave", "claims": {"a": 1}, "trace": trace}
                self.call("POST", "/vidimus/v1/policies:evaluate", body)
        denied = "version=1.0; configurationrules{=> issueproperty(type=\"p\", value=1);}; authorizationrules{[type==\"b\"] => permit();};"
        self.call("POST", "/vidimus/v1/policies:evaluate", {"policy": denied, "type": "Tpm", "claims": [{"type": "a", "value": 1}]})
        self.call("POST", "/vidimus/v1/policies:check", {"policy": POLICY, "type": "Other"}, expect=400)
        self.call("POST", "/vidimus/v1/policies:evaluate", {"policy": POLICY, "type": "Tpm"}, expect=400)

    def control_plane(self):
        group = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Attestation/attestationProviders"
        one, named = group + "/{name}", self.arm(group=GROUP, name="contract-more")
        self.call("PUT", one, {"location": "local", "tags": {"a": "b"}}, expect=201, **named)
        self.call("PUT", one, {"location": "local"}, **named)
        self.call("PUT", one, {}, expect=400, **named)
        signers = {"policySigningCertificates": {"keys": [{"x5c": self.signers[0].x5c}]}}
        self.call("PUT", one, {"location": "local", "properties": signers}, expect=409, **named)
        self.call("PATCH", one, {"tags": {"a": "c"}, "properties": {"tpmAttestationAuthentication": "Disabled"}}, **named)
        self.call("PATCH", one, {"tags": 1}, expect=400, **named)
        self.call("DELETE", one, **named)
        self.call("DELETE", one, expect=204, **named)
        self.call("PATCH", one, {}, expect=404, **named)
        self.call("GET", one, expect=404, **named)
        for method in ("GET", "PUT", "DELETE"):
            self.call(method, one + "/privateEndpointConnections/{connection}", connection="c", expect=404, **named)
        self.call("GET", "/providers/Microsoft.Attestation/operations", expect=400, api_version="2019")

    def sign_in(self):
        client = json.loads((self.server.state / "client.json").read_text(encoding="utf-8"))
        form = {"grant_type": "client_credentials", "client_id": client["client_id"], "client_secret": client["client_secret"]}
        for path, what in (("/dev/oauth2/v2.0/token", {"scope": AUDIENCE + "/.default"}), ("/dev/oauth2/token", {"resource": AUDIENCE})):
            self.call("POST", path, urllib.parse.urlencode(form | what))
            self.call("POST", path, urllib.parse.urlencode(form | what | {"client_secret": "x"}), expect=401)
            self.call("POST", path, "grant_type=password&" + urllib.parse.urlencode(form), expect=400)

    def get_everything(self, port):
        """Every GET that has an answer, and without a token the refusal of those that need one."""
        values = self.arm(group=GROUP, name="contract-aad", location="local", version=1)
        for template, item in DOCUMENT["paths"].items():
            if "get" not in item or "200" not in item["get"]["responses"] or is_elsewhere(item["get"]):
                continue
            names = re.findall(r"\{(\w+)\}", template)
            kinds = TYPES if names == ["attestationType"] else ["SgxEnclave"]
            if template.startswith("/tcbbaselines/"):
                kinds = BASELINE_TYPES  # no others have any
            for kind in kinds:
                chosen = {name: (values | {"attestationType": kind})[name] for name in names}
                self.call("GET", template, port=port, **chosen)
                if "401" in item["get"]["responses"]:
                    self.call("GET", template, port=port, expect=401, authorized=False, **chosen)

    def test_are_what_the_document_says(self):
        trusting, isolated = (self.ports[name] for name in INSTANCES)
        self.manage_policies(trusting)
        self.manage_signers(isolated)
        self.manage_instance(trusting)
        self.attest()
        self.baselines()
        self.endorsements()
        self.try_policies()
        self.control_plane()
        self.sign_in()
        for port in (trusting, isolated):
            self.get_everything(port)
        self.call("GET", "/vidimus/v1/policies/{attestationType}/history", attestationType="Tpm", port=trusting)
        for template, item in DOCUMENT["paths"].items():
            for method in METHODS:
                if method in item and not is_elsewhere(item[method]):
                    statuses = self.answered.get(f"{method.upper()} {template}", set())
                    good = {int(one) for one in item[method]["responses"] if one < "300"} or {400, 404}
                    with self.subTest(operation=f"{method.upper()} {template}"):
                        self.assertTrue(statuses & good, f"never answered {good}")
        print(f"operations called: {len(self.answered)}, answers: {sum(map(len, self.answered.values()))} kinds", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
