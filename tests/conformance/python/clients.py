"""The official Python clients of the server under test, evidence to attest, and keys of policy signers. run.py sets the environment."""

import base64
import json
import os
import pathlib
import ssl
import subprocess
import urllib.request

from azure.identity import ClientSecretCredential
from azure.mgmt.attestation import AttestationManagementClient
from azure.mgmt.attestation.models import AttestationServiceCreationParams
from azure.security.attestation import AttestationAdministrationClient, AttestationClient

ISSUER = os.environ["VIDIMUS_ISSUER"]
INSTANCES = json.loads(os.environ["VIDIMUS_INSTANCES"])
SIGN_IN = json.loads(pathlib.Path(os.environ["VIDIMUS_CLIENT"]).read_text(encoding="utf-8"))
SUBSCRIPTION = "00000000-0000-4000-8000-0000000000c1"
GROUP = "python"
TLS = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])


def credential_of(client_secret=SIGN_IN["client_secret"]):
    return ClientSecretCredential(
        SIGN_IN["tenant"], SIGN_IN["client_id"], client_secret, authority=SIGN_IN["authority"], disable_instance_discovery=True
    )


OWNER = credential_of()


def strict(url):
    return {"validate_token": True, "validate_issuer": True, "issuer": url}


def attestation(url):
    return AttestationClient(url, OWNER, **strict(url))


def administration(url, credential=OWNER):
    return AttestationAdministrationClient(url, credential, **strict(url))


def control(credential=OWNER):
    return AttestationManagementClient(credential, SUBSCRIPTION, base_url=ISSUER, credential_scopes=[ISSUER + "/.default"])


def create_instance(name, signers=()):
    """The URL of a new instance that has a listener of its own; isolated when there are signers."""
    keys = [{"kty": "RSA", "x5c": [signer.der64()]} for signer in signers]
    properties = {"policySigningCertificates": {"keys": keys}} if keys else {}
    made = control().attestation_providers.create(
        GROUP, name, AttestationServiceCreationParams({"location": "local", "properties": properties})
    )
    assert made.properties.attest_uri == INSTANCES[name], made.properties.attest_uri
    return made.properties.attest_uri


def evidence(**fields):
    """{"quote", "report"} of a software enclave, as bytes."""
    request = urllib.request.Request(
        ISSUER + "/vidimus/v1/sim/sgx/quote", json.dumps(fields).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, context=TLS, timeout=60) as answer:
        made = json.load(answer)
    return {name: unbase64(made[name]) for name in ("quote", "report")}


def base64url(octets):
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def base64_of(pem):
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))


class Signer:
    """An RSA key and its certificate, in PEM."""

    def __init__(self, name):
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
        made = subprocess.run(
            [*command, "-keyout", "-", "-out", "-"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True
        ).stdout
        at = made.index("-----BEGIN CERTIFICATE-----")
        self.signing = {"signing_key": made[:at], "signing_certificate": made[at:]}
        self.certificate = made[at:]

    def der64(self):
        return base64_of(self.certificate)

    def der(self):
        return base64.b64decode(self.der64())
