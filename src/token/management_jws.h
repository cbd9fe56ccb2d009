// What management calls carry: JWS around a policy, around nothing for a reset, around a certificate (maa-rest-api section 3). This tells
// what they say and who signed; whether that one may is for service/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "codec/json.h"
#include "crypto/private_key.h"
#include "crypto/signer_certificate.h"

namespace vidimus {

// Who signed a JWS, as far as it can be known.
class JwsSignature {
 public:
  const std::string& algorithm() const { return algorithm_; }  // as the header says
  // `alg` is not "none" and there is a signature, whoever made it.
  bool secured() const { return algorithm_ != "none" && !signature_.empty(); }
  // `alg` is "none", there is no signature, and nobody is named.
  bool unsecured() const { return algorithm_ == "none" && signature_.empty() && certificates_.empty(); }
  // That of `x5c` or `jwk.x5c`, the first, which proves nothing about who that is; none: nothing.
  const std::vector<SignerCertificate>& certificates() const { return certificates_; }
  // Whether `certificate`'s key made the signature. Never by what `alg` says, but that "none" and an empty signature verify nowhere.
  bool MadeBy(const SignerCertificate& certificate) const;

 private:
  friend Result<JwsSignature> ReadJwsSignature(std::string_view compact);
  std::string algorithm_, signing_input_;
  ByteVector signature_;
  std::vector<SignerCertificate> certificates_;
};

// Of any of those below. Errors: policy.jws, token.jws.*, crypto.signer_certificate
Result<JwsSignature> ReadJwsSignature(std::string_view compact);

// Who of `signers` answers for the signature: one whose key made it, or the issuer, CA:TRUE, of a chain of the JWS's certificates down to
// the one whose key made it, all of which hold at `now`, at most limits::kX5cCertificates. A signer's own dates are not asked: it was
// named by who may.
// Errors: policy.signer.unsigned, policy.signer.untrusted, policy.signer.expired
Result<SignerCertificate> FindSigner(const JwsSignature& signature, const std::vector<SignerCertificate>& signers, UnixTime now);

// A signed JWS whose first certificate's key made the signature, whoever that is: what an instance without signers asks of one that is
// not unsecured. Error: policy.signer.signature
Result<SignerCertificate> FindSelfNamedSigner(const JwsSignature& signature);

// A reset has an empty payload, or that of an empty object. Errors: policy.jws, token.jws.*
Status CheckResetJws(std::string_view compact);

// The certificate that is to be added or removed: `policyCertificate`, or one of its former names (maa-rest-api section 3.4), a JWK with
// x5c. Errors: policy.jws, token.jws.*, crypto.signer_certificate
Result<SignerCertificate> CertificateToChange(std::string_view compact);

// The body of certificates:add and :remove: a JWS, bare or as a JSON string, or an object with policyCertificateToAdd or
// policyCertificateToRemove (maa-rest-api section 3.4). Error: policy.jws
Result<std::string> JwsOfCertificateBody(std::string_view body);

// RS256, which every client and service takes, with `chain` (DER, the signer's own certificate first) in the header's x5c.
// Errors: policy.signer.key unless RSA; policy.signer.certificate for none, more than limits::kX5cCertificates, or a first one that is
// not of `key`; crypto.private_key.sign
Result<std::string> SignManagementJws(const JsonObject& payload, const PrivateKey& key, const std::vector<ByteVector>& chain);

// What asks to add or to remove `certificate` (maa-rest-api section 3.4), and what asks for a reset (section 3.3): signed by a policy
// signer. Errors: as SignManagementJws
Result<std::string> SignCertificateChange(const SignerCertificate& certificate, const PrivateKey& key,
                                          const std::vector<ByteVector>& chain);
Result<std::string> SignReset(const PrivateKey& key, const std::vector<ByteVector>& chain);
// A reset by nobody: {"alg":"none"} over nothing.
inline constexpr std::string_view kUnsecuredReset = "eyJhbGciOiJub25lIn0..";

}  // namespace vidimus
