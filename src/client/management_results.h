// What the signed answers of management calls say, for people and scripts. Each takes the payload of a token that was verified.
#pragma once

#include <string>
#include <string_view>

#include "codec/json.h"
#include "crypto/signer_certificate.h"

namespace vidimus {

// {Jwt, JwtLength, Algorithm, Text, TextLength}, as `az attestation policy show` prints: of the policy in force, whose text is empty where
// there is none. Errors: client.result without a policy JWS; those of ParseJws
Result<Json> DescribePolicy(const Json& payload);

// {Jwt, Algorithm, JKU, Certificates, CertificateCount}, as `az attestation signer list` prints: `token` and what its header and payload
// say. Each of Certificates is a JWK with its subject and thumbprint besides. Errors: client.result, crypto.signer_certificate
Result<Json> DescribeSigners(std::string_view token, const Json& payload);

// Whether the service says that it keeps just this JWS: its result is Updated, its hash that of `jws`. Error: client.result
Status CheckPolicyUpdated(const Json& payload, std::string_view jws);
// Error: client.result
Status CheckPolicyRemoved(const Json& payload);
// Whether it says that just this certificate is a signer, or is none. Error: client.result
Status CheckSignerChanged(const Json& payload, const SignerCertificate& certificate, bool present);

}  // namespace vidimus
