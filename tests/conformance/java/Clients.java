// The official Java clients of the server under test, evidence to attest, and keys of policy signers. run.py sets the environment.

import com.azure.core.credential.AccessToken;
import com.azure.core.credential.TokenCredential;
import com.azure.core.credential.TokenRequestContext;
import com.azure.core.util.BinaryData;
import com.azure.identity.ClientSecretCredentialBuilder;
import com.azure.security.attestation.AttestationAdministrationClient;
import com.azure.security.attestation.AttestationAdministrationClientBuilder;
import com.azure.security.attestation.AttestationClient;
import com.azure.security.attestation.AttestationClientBuilder;
import com.azure.security.attestation.models.AttestationSigningKey;
import com.azure.security.attestation.models.AttestationTokenValidationOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.Map;

final class Clients {
    static final String ISSUER = System.getenv("VIDIMUS_ISSUER");
    private static final Map<String, String> SIGN_IN = readSignIn();
    static final TokenCredential OWNER = new ClientSecretCredentialBuilder()
        .authorityHost(SIGN_IN.get("authority"))
        .tenantId(SIGN_IN.get("tenant"))
        .clientId(SIGN_IN.get("client_id"))
        .clientSecret(SIGN_IN.get("client_secret"))
        .disableInstanceDiscovery()
        .build();

    private Clients() {
    }

    @SuppressWarnings("unchecked")
    private static Map<String, String> object(String json) {
        return BinaryData.fromString(json).toObject(Map.class);
    }

    private static Map<String, String> readSignIn() {
        try {
            return object(Files.readString(Path.of(System.getenv("VIDIMUS_CLIENT"))));
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    private static AttestationTokenValidationOptions strict(String url) {
        return new AttestationTokenValidationOptions().setExpectedIssuer(url);
    }

    static AttestationClient attestation(String url) {
        return new AttestationClientBuilder().endpoint(url).tokenValidationOptions(strict(url)).buildClient();
    }

    static AttestationAdministrationClient administration(String url) {
        return new AttestationAdministrationClientBuilder().endpoint(url).credential(OWNER).tokenValidationOptions(strict(url))
            .buildClient();
    }

    private static String send(HttpRequest.Builder request, int... expected) throws Exception {
        var answer = HttpClient.newHttpClient().send(request.header("Content-Type", "application/json").build(), BodyHandlers.ofString());
        for (int status : expected) {
            if (answer.statusCode() == status) {
                return answer.body();
            }
        }
        throw new AssertionError("status " + answer.statusCode() + ": " + answer.body());
    }

    /** "quote" or "report" of a software enclave, made as `fields` say. */
    static BinaryData evidence(String member, String fields) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(ISSUER + "/vidimus/v1/sim/sgx/quote"));
        var made = object(send(request.POST(HttpRequest.BodyPublishers.ofString(fields)), 200));
        return BinaryData.fromBytes(Base64.getUrlDecoder().decode(made.get(member)));
    }

    /** The URL of a new isolated instance, which has a listener of its own. */
    static String createIsolated(String name, Signer signer) throws Exception {
        AccessToken token = OWNER.getTokenSync(new TokenRequestContext().addScopes(ISSUER + "/.default"));
        Map<String, Object> key = Map.of("kty", "RSA", "x5c", List.of(Base64.getEncoder().encodeToString(signer.certificate.getEncoded())));
        var properties = Map.of("policySigningCertificates", Map.of("keys", List.of(key)));
        var body = BinaryData.fromObject(Map.of("location", "local", "properties", properties)).toString();
        var path = "/subscriptions/00000000-0000-4000-8000-0000000000d1/resourceGroups/java/providers/Microsoft.Attestation"
            + "/attestationProviders/" + name + "?api-version=2021-06-01";
        var request = HttpRequest.newBuilder(URI.create(ISSUER + path)).header("Authorization", "Bearer " + token.getToken());
        send(request.PUT(HttpRequest.BodyPublishers.ofString(body)), 200, 201);
        return object(System.getenv("VIDIMUS_INSTANCES")).get(name);
    }

    /** A key and its certificate. */
    static final class Signer {
        final X509Certificate certificate;
        final PrivateKey privateKey;

        Signer(String name) throws Exception {
            var command = List.of("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=" + name,
                "-keyout", "-", "-out", "-");
            var process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            var made = new String(process.getInputStream().readAllBytes());
            int at = made.indexOf("-----BEGIN CERTIFICATE-----");
            var key = Base64.getMimeDecoder().decode(made.substring(0, at).replaceAll("-----[A-Z ]+-----", ""));
            privateKey = KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(key));
            certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(made.substring(at).getBytes()));
        }

        AttestationSigningKey key() {
            return new AttestationSigningKey(certificate, privateKey);
        }
    }
}
