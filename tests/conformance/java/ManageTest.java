// azure-security-attestation: policies and policy signers managed.

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.exception.HttpResponseException;
import com.azure.security.attestation.AttestationAdministrationClient;
import com.azure.security.attestation.models.AttestationPolicySetOptions;
import com.azure.security.attestation.models.AttestationType;
import com.azure.security.attestation.models.CertificateModification;
import com.azure.security.attestation.models.PolicyManagementCertificateOptions;
import com.azure.security.attestation.models.PolicyModification;
import java.security.MessageDigest;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ManageTest {
    private static final String POLICY = "version=1.0; authorizationrules{=> permit();}; issuancerules{};";

    private static Clients.Signer first;
    private static Clients.Signer second;
    private static Clients.Signer stranger;
    private static AttestationAdministrationClient isolated;
    private final AttestationAdministrationClient trusting = Clients.administration(Clients.ISSUER);

    @BeforeAll
    static void create() throws Exception {
        first = new Clients.Signer("first");
        second = new Clients.Signer("second");
        stranger = new Clients.Signer("stranger");
        isolated = Clients.administration(Clients.createIsolated("java-isolated", first));
    }

    private static void assertRefused(String code, Executable call) {
        var error = assertThrows(HttpResponseException.class, call);
        assertEquals(400, error.getResponse().getStatusCode(), error.getMessage());
        assertTrue(error.getMessage().contains(code), error.getMessage());
    }

    private static AttestationPolicySetOptions policy(Clients.Signer signer) {
        return reset(signer).setAttestationPolicy(POLICY);
    }

    private static AttestationPolicySetOptions reset(Clients.Signer signer) {
        return new AttestationPolicySetOptions().setAttestationSigner(signer.key());
    }

    private static PolicyManagementCertificateOptions change(Clients.Signer changed, Clients.Signer signer) {
        return new PolicyManagementCertificateOptions(changed.certificate, signer.key());
    }

    private static Set<X509Certificate> listed(AttestationAdministrationClient client) {
        return client.listPolicyManagementCertificates().getAttestationSigners().stream()
            .map(signer -> signer.getCertificates().get(0)).collect(Collectors.toSet());
    }

    // Not SgxEnclave and OpenEnclave, which AttestTest has evidence of judged on the same instance.
    @ParameterizedTest
    @ValueSource(strings = {"SevSnpVm", "TdxVm", "AzureGuest", "Tpm"})
    void a_policy_is_set_unsigned_read_back_and_reset(String name) {
        var type = AttestationType.fromString(name);
        var before = trusting.getAttestationPolicy(type);
        assertTrue(before.strip().startsWith("version"), before);
        var result = trusting.setAttestationPolicy(type, POLICY);
        assertEquals(PolicyModification.UPDATED, result.getPolicyResolution());
        assertNull(result.getPolicySigner());
        assertArrayEquals(trusting.calculatePolicyTokenHash(POLICY, null).toBytes(), result.getPolicyTokenHash().toBytes());
        assertEquals(POLICY, trusting.getAttestationPolicy(type));
        assertEquals(PolicyModification.REMOVED, trusting.resetAttestationPolicy(type).getPolicyResolution());
        assertEquals(before, trusting.getAttestationPolicy(type));
    }

    @Test
    void a_signed_policy_names_its_signer() {
        var result = trusting.setAttestationPolicy(AttestationType.TPM, policy(stranger));
        assertEquals(stranger.certificate, result.getPolicySigner().getCertificates().get(0));
        assertArrayEquals(trusting.calculatePolicyTokenHash(POLICY, stranger.key()).toBytes(), result.getPolicyTokenHash().toBytes());
        trusting.resetAttestationPolicy(AttestationType.TPM, reset(stranger));
    }

    @Test
    void an_instance_without_policy_signers_takes_none() {
        assertEquals(Set.of(), listed(trusting));
        assertRefused("InvalidOperation", () -> trusting.addPolicyManagementCertificate(change(second, first)));
        assertRefused("InvalidOperation", () -> trusting.deletePolicyManagementCertificate(change(first, first)));
    }

    @Test
    void only_signers_set_and_reset_policies_of_an_isolated_instance() {
        var type = AttestationType.SGX_ENCLAVE;
        assertRefused("InvalidOperation", () -> isolated.setAttestationPolicy(type, POLICY));
        assertRefused("InvalidOperation", () -> isolated.setAttestationPolicy(type, policy(stranger)));
        assertEquals(PolicyModification.UPDATED, isolated.setAttestationPolicy(type, policy(first)).getPolicyResolution());
        assertEquals(POLICY, isolated.getAttestationPolicy(type));
        assertRefused("InvalidOperation", () -> isolated.resetAttestationPolicy(type));
        assertRefused("InvalidOperation", () -> isolated.resetAttestationPolicy(type, reset(stranger)));
        assertEquals(PolicyModification.REMOVED, isolated.resetAttestationPolicy(type, reset(first)).getPolicyResolution());
    }

    @Test
    void signers_add_and_remove_signers_but_not_the_last() throws Exception {
        var thumbprint = HexFormat.of().withUpperCase()
            .formatHex(MessageDigest.getInstance("SHA-1").digest(second.certificate.getEncoded()));
        assertRefused("InvalidOperation", () -> isolated.addPolicyManagementCertificate(change(second, second)));
        var added = isolated.addPolicyManagementCertificate(change(second, first));
        assertEquals(CertificateModification.IS_PRESENT, added.getCertificateResolution());
        assertEquals(thumbprint, added.getCertificateThumbprint());
        assertEquals(Set.of(first.certificate, second.certificate), listed(isolated));
        var removed = isolated.deletePolicyManagementCertificate(change(second, second));
        assertEquals(CertificateModification.IS_ABSENT, removed.getCertificateResolution());
        assertEquals(thumbprint, removed.getCertificateThumbprint());
        assertRefused("", () -> isolated.deletePolicyManagementCertificate(change(first, first)));
        assertEquals(Set.of(first.certificate), listed(isolated));
    }
}
