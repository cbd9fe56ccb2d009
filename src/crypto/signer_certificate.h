// Certificates of those who sign policies: any X.509 v3 certificate of an RSA key of 2048 to 4096 bits or a P-256 key (RFC 5280), read by
// OpenSSL, since people make them with all kinds of tools. Vendors' certificates are crypto/certificate.h.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

struct x509_st;

namespace vidimus {

class SignerCertificate {
 public:
  // DER and nothing after it, at most limits::kCertificateBytes. Error: crypto.signer_certificate
  static Result<SignerCertificate> FromDer(Bytes der);

  const ByteVector& der() const;
  std::string subject() const;     // "CN=…" on one line, printable
  std::string thumbprint() const;  // SHA-1 of the DER, upper-case hexadecimal (maa-rest-api section 2.10)
  bool is_rsa() const;             // else P-256
  // basicConstraints CA:TRUE, keyCertSign where there is a key usage (RFC 5280 section 4.2.1.9), and neither name constraints nor a
  // critical extension that is not known: nobody here would keep to them.
  bool may_issue() const;
  std::optional<size_t> path_length() const;  // of one that may issue: how many issuers may stand between it and a leaf
  bool HoldsAt(UnixTime now) const;

  // The key selects the algorithm: RSASSA-PKCS1-v1_5 with SHA-256, or ECDSA with SHA-256, r||s or DER (client-compatibility section 5
  // item 3).
  bool Verifies(Bytes message, Bytes signature) const;
  // Names and key identifiers match, the signature is a sound one and verifies, no critical extension is unknown, `issuer` may issue.
  bool IsIssuedBy(const SignerCertificate& issuer) const;

 private:
  explicit SignerCertificate(std::shared_ptr<x509_st> certificate, ByteVector der)
      : certificate_(std::move(certificate)), der_(std::move(der)) {}
  std::shared_ptr<x509_st> certificate_;
  ByteVector der_;
};

}  // namespace vidimus
