"""azure-mgmt-attestation: instances made, listed, changed and removed. They have names that no other test uses."""

import unittest

from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ResourceNotFoundError
from azure.mgmt.attestation import models

import clients

GROUP = "python-control"


def creation(**more):
    return models.AttestationServiceCreationParams(
        location="local", properties=models.AttestationServiceCreationSpecificParams(**more), tags={"stage": "test"}
    )


def isolated():
    key = models.JSONWebKey(kty="RSA", x5_c=[clients.Signer("signer").der64()])
    return creation(policy_signing_certificates=models.JSONWebKeySet(keys_property=[key]))


class ControlPlane(unittest.TestCase):
    def setUp(self):
        self.client = clients.control()
        self.providers = self.client.attestation_providers

    def names(self, listed):
        return sorted(provider.name for provider in listed.value)

    def test_instances_are_created_listed_changed_and_deleted(self):
        made = self.providers.create(GROUP, "py-plain", creation())
        self.assertEqual((made.name, made.location, made.tags), ("py-plain", "local", {"stage": "test"}))
        self.assertEqual((made.properties.trust_model, made.properties.status), ("AAD", "Ready"))
        self.assertEqual(self.providers.get(GROUP, "py-plain").id, made.id)
        signed = self.providers.create(GROUP, "py-signed", isolated())
        self.assertEqual(signed.properties.trust_model, "Isolated")
        self.assertEqual(self.names(self.providers.list_by_resource_group(GROUP)), ["py-plain", "py-signed"])
        self.assertLessEqual({"py-plain", "py-signed"}, set(self.names(self.providers.list())))

        changed = self.providers.update(GROUP, "py-plain", models.AttestationServicePatchParams(tags={"stage": "changed"}))
        self.assertEqual((changed.tags, changed.properties.attest_uri), ({"stage": "changed"}, made.properties.attest_uri))

        for name in ("py-plain", "py-signed"):
            self.providers.delete(GROUP, name)
            with self.assertRaises(ResourceNotFoundError):
                self.providers.get(GROUP, name)
            self.providers.delete(GROUP, name)
        self.assertEqual(self.names(self.providers.list_by_resource_group(GROUP)), [])

    def test_whether_tpm_evidence_needs_a_token_is_a_setting_of_the_instance(self):
        self.addCleanup(self.providers.delete, GROUP, "py-tpm")
        made = self.providers.create(GROUP, "py-tpm", creation(tpm_attestation_authentication="Disabled"))
        self.assertEqual(made.properties.tpm_attestation_authentication, "Disabled")
        patch = models.AttestationServicePatchParams(
            properties=models.AttestationServicePatchSpecificParams(tpm_attestation_authentication="Enabled")
        )
        self.assertEqual(self.providers.update(GROUP, "py-tpm", patch).properties.tpm_attestation_authentication, "Enabled")

    def test_names_that_are_none_and_names_that_are_taken_are_refused(self):
        for name in ("ab", "a" * 25, "under_score"):
            with self.assertRaises(HttpResponseError) as caught:
                self.providers.create(GROUP, name, creation())
            self.assertEqual(caught.exception.status_code, 400, name)
        self.addCleanup(self.providers.delete, GROUP, "py-taken")
        self.providers.create(GROUP, "py-taken", creation())
        for group, wanted in ((GROUP, isolated()), ("another", creation())):
            with self.assertRaises(HttpResponseError) as caught:
                self.providers.create(group, "py-taken", wanted)
            self.assertEqual(caught.exception.status_code, 409)

    def test_the_default_provider_is_the_default_instance(self):
        self.assertEqual([one.properties.attest_uri for one in self.providers.list_default().value], [clients.ISSUER])
        self.assertEqual(self.providers.get_default_by_location("eastus").properties.attest_uri, clients.ISSUER)

    def test_operations_are_listed_and_private_links_are_none(self):
        self.assertIn("Microsoft.Attestation/attestationProviders/read", [one.name for one in self.client.operations.list()])
        self.addCleanup(self.providers.delete, GROUP, "py-links")
        self.providers.create(GROUP, "py-links", creation())
        self.assertEqual(list(self.client.private_endpoint_connections.list(GROUP, "py-links")), [])
        self.assertFalse(self.client.private_link_resources.list_by_provider(GROUP, "py-links").value)
        with self.assertRaises(ResourceNotFoundError):
            self.client.private_endpoint_connections.get(GROUP, "py-links", "any")

    def test_a_caller_without_a_token_for_the_control_plane_is_unauthorized(self):
        class DataPlane:
            def get_token(self, *unused, **options):
                return clients.OWNER.get_token("https://attest.azure.net/.default")

        with self.assertRaises(ClientAuthenticationError) as caught:
            clients.control(DataPlane()).attestation_providers.list()
        self.assertEqual(caught.exception.status_code, 401)


if __name__ == "__main__":
    unittest.main()
