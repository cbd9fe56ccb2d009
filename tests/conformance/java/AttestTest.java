// azure-security-attestation: evidence attested.

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.azure.core.exception.HttpResponseException;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.security.attestation.AttestationClient;
import com.azure.security.attestation.models.AttestationData;
import com.azure.security.attestation.models.AttestationDataInterpretation;
import com.azure.security.attestation.models.AttestationOptions;
import com.azure.security.attestation.models.AttestationResponse;
import com.azure.security.attestation.models.AttestationResult;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class AttestTest {
    private static final String POLICY = """
        version=1.0;
        authorizationrules { c:[type=="x-ms-sgx-is-debuggable", value==false] => permit(); };
        issuancerules { c:[type=="x-ms-sgx-mrsigner"] => issue(type="custom-name", value=c.value); };""";
    private static final byte[] RUNTIME = "{ \"jwk\": { \"kty\": \"EC\" }, \"list\": [1, 2.5] }".getBytes();

    private final AttestationClient client = Clients.attestation(Clients.ISSUER);

    enum Kind {
        SGX_ENCLAVE("quote"), OPEN_ENCLAVE("report");

        final String member;

        Kind(String member) {
            this.member = member;
        }

        AttestationResponse<AttestationResult> attest(AttestationClient client, AttestationOptions options) {
            return this == SGX_ENCLAVE ? client.attestSgxEnclaveWithResponse(options, Context.NONE)
                : client.attestOpenEnclaveWithResponse(options, Context.NONE);
        }
    }

    private AttestationOptions evidence(Kind kind, String fields) throws Exception {
        return new AttestationOptions(Clients.evidence(kind.member, fields));
    }

    private static String bound(byte[] data) {
        return "{\"runtimeData\":\"" + Base64.getUrlEncoder().withoutPadding().encodeToString(data) + "\"}";
    }

    @ParameterizedTest
    @EnumSource
    void evidence_alone_is_attested(Kind kind) throws Exception {
        var response = kind.attest(client, evidence(kind, "{\"productId\":7,\"svn\":3}"));
        var result = response.getValue();
        assertEquals(Clients.ISSUER, result.getIssuer());
        assertEquals(7, result.getProductId());
        assertEquals(3, result.getSvn());
        assertFalse(result.isDebuggable());
        assertTrue(result.getMrSigner().matches("[0-9a-f]{64}"));
        assertNotNull(result.getSgxCollateral());
        assertNull(result.getPolicySigner());
        assertEquals("RS256", response.getToken().getAlgorithm());
    }

    @ParameterizedTest
    @EnumSource
    void binary_runtime_data_comes_back(Kind kind) throws Exception {
        var data = new AttestationData(BinaryData.fromBytes(RUNTIME), AttestationDataInterpretation.BINARY);
        var result = kind.attest(client, evidence(kind, bound(RUNTIME)).setRunTimeData(data)).getValue();
        assertArrayEquals(RUNTIME, result.getEnclaveHeldData().toBytes());
        assertNull(result.getRuntimeClaims());
    }

    @ParameterizedTest
    @EnumSource
    void json_runtime_data_comes_back_as_claims(Kind kind) throws Exception {
        var data = new AttestationData(BinaryData.fromBytes(RUNTIME), AttestationDataInterpretation.JSON);
        var result = kind.attest(client, evidence(kind, bound(RUNTIME)).setRunTimeData(data)).getValue();
        assertEquals(BinaryData.fromBytes(RUNTIME).toObject(Map.class), result.getRuntimeClaims());
    }

    @ParameterizedTest
    @EnumSource
    void a_draft_policy_gives_an_unsecured_token_with_its_claims(Kind kind) throws Exception {
        var response = kind.attest(client, evidence(kind, "{}").setDraftPolicyForAttestation(POLICY));
        assertEquals("none", response.getToken().getAlgorithm());
        assertEquals(response.getValue().getMrSigner(), ((Map<?, ?>) response.getValue().getPolicyClaims()).get("custom-name"));
    }

    @ParameterizedTest
    @EnumSource
    void what_a_draft_policy_does_not_permit_is_an_error(Kind kind) throws Exception {
        var options = evidence(kind, "{\"debug\":true}").setDraftPolicyForAttestation(POLICY);
        var error = assertThrows(HttpResponseException.class, () -> kind.attest(client, options));
        assertEquals(400, error.getResponse().getStatusCode());
        assertTrue(error.getMessage().contains("PolicyEvaluationError"), error.getMessage());
    }

    @Test
    void signers_and_openid_metadata_are_published() {
        assertFalse(client.listAttestationSigners().getAttestationSigners().isEmpty());
        assertEquals(Clients.ISSUER + "/certs", client.getOpenIdMetadata().getJsonWebKeySetUrl());
    }
}
