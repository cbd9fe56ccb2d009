"""azure-security-attestation: evidence attested, policies and policy signers managed."""

import hashlib
import json
import unittest

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError
from azure.security.attestation import AttestationPolicyToken, AttestationTokenValidationException

import clients

RUNTIME_DATA = b"\x00\xff>?runtime data"
RUNTIME_JSON = '{ "jwk": { "kty": "EC" }, "list": [1, 2.5, "ä"] }'.encode()
POLICY = "version=1.0; authorizationrules{=> permit();}; issuancerules{};"
DRAFT = """version=1.0;
authorizationrules { c:[type=="x-ms-sgx-is-debuggable", value==false] => permit(); };
issuancerules { c:[type=="x-ms-sgx-mrsigner"] => issue(type="custom-name", value=c.value); };"""
TYPES = ["SgxEnclave", "OpenEnclave", "SevSnpVm", "TdxVm", "AzureGuest", "Tpm"]


class Refusals(unittest.TestCase):
    def check_refused(self, status, code, call, *arguments, **options):
        with self.assertRaises(HttpResponseError) as caught:
            call(*arguments, **options)
        self.assertEqual((caught.exception.status_code, caught.exception.error.code), (status, code), caught.exception.message)
        return caught.exception


class Attest(Refusals):
    def setUp(self):
        self.client = clients.attestation(clients.ISSUER)

    def both(self):
        return [(self.client.attest_sgx_enclave, "quote"), (self.client.attest_open_enclave, "report")]

    def test_binary_runtime_data_comes_back(self):
        for attest, member in self.both():
            made = clients.evidence(productId=7, runtimeData=clients.base64url(RUNTIME_DATA))
            result, token = attest(made[member], runtime_data=RUNTIME_DATA)
            self.assertEqual((result.issuer, result.product_id, result.is_debuggable), (clients.ISSUER, 7, False))
            self.assertEqual(result.enclave_held_data, RUNTIME_DATA)
            self.assertIsNone(result.runtime_claims)
            self.assertEqual(token.algorithm, "RS256")

    def test_json_runtime_data_comes_back_as_claims(self):
        for attest, member in self.both():
            made = clients.evidence(runtimeData=clients.base64url(RUNTIME_JSON))
            result, _ = attest(made[member], runtime_json=RUNTIME_JSON)
            self.assertEqual(result.runtime_claims, json.loads(RUNTIME_JSON))
            self.assertIsNone(result.enclave_held_data)

    def test_a_draft_policy_gives_an_unsecured_token_with_its_claims(self):
        for attest, member in self.both():
            result, token = attest(clients.evidence()[member], draft_policy=DRAFT)
            self.assertEqual(token.algorithm, "none")
            self.assertEqual(result.policy_claims["custom-name"], result.mr_signer)

    def test_what_a_draft_policy_does_not_permit_is_an_error(self):
        for attest, member in self.both():
            self.check_refused(400, "PolicyEvaluationError", attest, clients.evidence(debug=True)[member], draft_policy=DRAFT)

    def test_the_signers_of_tokens_and_the_openid_metadata_are_published(self):
        self.assertTrue(self.client.get_signing_certificates()[0].certificates[0].startswith("-----BEGIN CERTIFICATE-----"))
        self.assertEqual(self.client.get_open_id_metadata()["jwks_uri"], clients.ISSUER + "/certs")


class TrustingInstance(Refusals):
    @classmethod
    def setUpClass(cls):
        cls.url = clients.create_instance("python-aad")
        cls.client = clients.administration(cls.url)

    def test_every_type_has_a_default_policy_and_takes_another_and_gives_it_back(self):
        for kind in TYPES:
            with self.subTest(kind):
                before, _ = self.client.get_policy(kind)
                self.assertRegex(before, r"^\s*version\s*=")
                result, _ = self.client.set_policy(kind, POLICY)
                self.assertEqual(result.policy_resolution, "Updated")
                self.assertEqual(result.policy_token_hash, self.hash_of(AttestationPolicyToken(POLICY)))
                self.assertIsNone(result.policy_signer)
                self.assertEqual(self.client.get_policy(kind)[0], POLICY)
                self.assertEqual(self.client.reset_policy(kind)[0].policy_resolution, "Removed")
                self.assertEqual(self.client.get_policy(kind)[0], before)

    def hash_of(self, token):
        return hashlib.sha256(token.to_jwt_string().encode()).digest()

    def test_signed_policies_name_their_signer(self):
        signer = clients.Signer("anyone")  # RSA: this client cannot sign with other keys
        result, _ = self.client.set_policy("OpenEnclave", POLICY, **signer.signing)
        self.assertEqual(result.policy_resolution, "Updated")
        self.assertEqual(clients.base64_of(result.policy_signer.certificates[0]), signer.der64())
        self.assertEqual(result.policy_token_hash, self.hash_of(AttestationPolicyToken(POLICY, **signer.signing)))
        self.assertEqual(self.client.reset_policy("OpenEnclave", **signer.signing)[0].policy_resolution, "Removed")

    def test_there_are_no_policy_signers_and_none_can_be_added(self):
        self.assertEqual(self.client.get_policy_management_certificates()[0], [])
        signer = clients.Signer("anyone")
        for change in (self.client.add_policy_management_certificate, self.client.remove_policy_management_certificate):
            self.check_refused(400, "InvalidOperation", change, signer.certificate, **signer.signing)

    def test_text_that_is_no_policy_is_refused(self):
        self.check_refused(400, "PolicyParsingError", self.client.set_policy, "TdxVm", "version=1.0; authorizationrules{=> permit()};")

    def test_a_caller_with_another_secret_gets_no_further_than_the_authority(self):
        with self.assertRaisesRegex(ClientAuthenticationError, "Authentication failed"):
            clients.administration(self.url, clients.credential_of("another")).get_policy("SgxEnclave")

    def test_the_client_itself_refuses_the_answer_of_another_issuer(self):
        with self.assertRaises(AttestationTokenValidationException):
            self.client.get_policy("SgxEnclave", issuer=clients.ISSUER)


class IsolatedInstance(Refusals):
    @classmethod
    def setUpClass(cls):
        cls.first, cls.second, cls.stranger = (clients.Signer(name) for name in ("first", "second", "stranger"))
        cls.client = clients.administration(clients.create_instance("python-isolated", [cls.first]))

    def listed(self):
        return sorted(clients.base64_of(chain[0]) for chain in self.client.get_policy_management_certificates()[0])

    def test_only_signers_set_and_reset_policies(self):
        self.check_refused(400, "InvalidOperation", self.client.set_policy, "SgxEnclave", POLICY)
        self.check_refused(400, "InvalidOperation", self.client.set_policy, "SgxEnclave", POLICY, **self.stranger.signing)
        self.assertEqual(self.client.set_policy("SgxEnclave", POLICY, **self.first.signing)[0].policy_resolution, "Updated")
        self.assertEqual(self.client.get_policy("SgxEnclave")[0], POLICY)
        self.check_refused(400, "InvalidOperation", self.client.reset_policy, "SgxEnclave")
        self.check_refused(400, "InvalidOperation", self.client.reset_policy, "SgxEnclave", **self.stranger.signing)
        self.assertEqual(self.client.reset_policy("SgxEnclave", **self.first.signing)[0].policy_resolution, "Removed")

    def test_signers_add_and_remove_signers_but_not_the_last(self):
        add, remove = self.client.add_policy_management_certificate, self.client.remove_policy_management_certificate
        thumbprint = hashlib.sha1(self.second.der()).hexdigest().upper()
        self.check_refused(400, "InvalidOperation", add, self.second.certificate, **self.second.signing)
        added, _ = add(self.second.certificate, **self.first.signing)
        self.assertEqual((added.certificate_resolution, added.certificate_thumbprint), ("IsPresent", thumbprint))
        self.assertEqual(self.listed(), sorted([self.first.der64(), self.second.der64()]))
        removed, _ = remove(self.second.certificate, **self.second.signing)
        self.assertEqual((removed.certificate_resolution, removed.certificate_thumbprint), ("IsAbsent", thumbprint))
        self.assertEqual(self.listed(), [self.first.der64()])
        with self.assertRaises(HttpResponseError) as caught:
            remove(self.first.certificate, **self.first.signing)
        self.assertEqual(caught.exception.status_code, 400)
        self.assertEqual(self.listed(), [self.first.der64()])


if __name__ == "__main__":
    unittest.main()
