// A vendor made up on the spot: keys, certificates and signed documents shaped like Intel's, one property of which a test spoils.
#pragma once

#include <memory>
#include <string>

#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "base/hex.h"
#include "crypto/x509.h"
#include "tests/support/der.h"

namespace vidimus::testing {

class TestKey {
 public:
  TestKey() : key_(EVP_EC_gen("P-256"), EVP_PKEY_free) {}

  ByteVector Public() const {  // X||Y
    ByteVector out(65);
    size_t size = 0;
    EVP_PKEY_get_octet_string_param(key_.get(), "encoded-pub-key", out.data(), out.size(), &size);
    return {out.begin() + 1, out.end()};
  }

  ByteVector SignDer(const ByteVector& message) const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    ByteVector out(80);
    size_t size = out.size();
    EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_.get());
    EVP_DigestSign(context, out.data(), &size, message.data(), message.size());
    EVP_MD_CTX_free(context);
    out.resize(size);
    return out;
  }

  ByteVector SignRaw(std::string_view message) const {  // r||s
    const ByteVector der = SignDer({message.begin(), message.end()});
    const unsigned char* at = der.data();
    ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
    ByteVector out(64);
    BN_bn2binpad(ECDSA_SIG_get0_r(signature), out.data(), 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out.data() + 32, 32);
    ECDSA_SIG_free(signature);
    return out;
  }

 private:
  std::shared_ptr<EVP_PKEY> key_;
};

inline ByteVector EcdsaSha256() { return Der(0x30, Der(0x06, "\x2a\x86\x48\xce\x3d\x04\x03\x02")); }

inline ByteVector NameOf(std::string_view common_name) {
  return Der(0x30, Der(0x31, Der(0x30, Join({Der(0x06, "\x55\x04\x03"), Der(0x0c, common_name)}))));
}

inline ByteVector ExtensionOf(std::string_view oid, const ByteVector& value, bool critical = false) {
  return Der(0x30, Join({Der(0x06, oid), critical ? ByteVector{1, 1, 0xff} : ByteVector(), Der(0x04, value)}));
}

// What stands in a certificate; an extension is left out by emptying it.
struct CertificateParts {
  std::string subject, issuer;
  ByteVector authority_key_id = ExtensionOf(x509::kAuthorityKeyId, {0x30, 0x00});
  ByteVector subject_key_id = ExtensionOf(x509::kSubjectKeyId, {0x04, 0x01, 0x01});
  ByteVector distribution_points = ExtensionOf(x509::kCrlDistributionPoints, {0x30, 0x00});
  ByteVector key_usage = {};
  ByteVector basic_constraints = {};
  ByteVector more = {};
};

inline ByteVector KeyUsageOf(uint8_t bits, bool critical = true) { return ExtensionOf(x509::kKeyUsage, {3, 2, 0, bits}, critical); }
inline ByteVector CaConstraints(uint8_t length, bool critical = true) {
  return ExtensionOf(x509::kBasicConstraints, {0x30, 6, 1, 1, 0xff, 2, 1, length}, critical);
}
inline ByteVector NoCaConstraints() { return ExtensionOf(x509::kBasicConstraints, {0x30, 0}, true); }

inline CertificateParts CaParts(std::string subject, std::string issuer, uint8_t path_length) {
  CertificateParts parts{std::move(subject), std::move(issuer)};
  parts.key_usage = KeyUsageOf(0x06);  // keyCertSign, cRLSign
  parts.basic_constraints = CaConstraints(path_length);
  return parts;
}

inline CertificateParts LeafParts(std::string subject, std::string issuer) {
  CertificateParts parts{std::move(subject), std::move(issuer)};
  parts.key_usage = KeyUsageOf(0x80);  // digitalSignature
  parts.basic_constraints = NoCaConstraints();
  return parts;
}

inline ByteVector Sealed(const ByteVector& tbs, const TestKey& issuer) {
  return Der(0x30, Join({tbs, EcdsaSha256(), Der(0x03, Join({{0}, issuer.SignDer(tbs)}))}));
}

inline ByteVector IssueTestCertificate(const CertificateParts& parts, const TestKey& subject, const TestKey& issuer) {
  const ByteVector key_kind = Der(0x30, Join({Der(0x06, "\x2a\x86\x48\xce\x3d\x02\x01"), Der(0x06, "\x2a\x86\x48\xce\x3d\x03\x01\x07")}));
  const ByteVector key = Der(0x30, Join({key_kind, Der(0x03, Join({{0, 4}, subject.Public()}))}));
  const ByteVector validity = Der(0x30, Join({Der(0x17, "200101000000Z"), Der(0x17, "400101000000Z")}));
  const ByteVector extensions =
      Join({parts.authority_key_id, parts.subject_key_id, parts.distribution_points, parts.key_usage, parts.basic_constraints, parts.more});
  return Sealed(Der(0x30, Join({Der(0xa0, Der(0x02, ByteVector{2})), Der(0x02, ByteVector{1}), EcdsaSha256(), NameOf(parts.issuer),
                                validity, NameOf(parts.subject), key, Der(0xa3, Der(0x30, extensions))})),
                issuer);
}

inline ByteVector IssueTestCrl(std::string_view issuer_name, const TestKey& issuer, const ByteVector& extensions) {
  const ByteVector times = Join({Der(0x17, "200101000000Z"), Der(0x17, "400101000000Z")});
  return Sealed(Der(0x30, Join({Der(0x02, ByteVector{1}), EcdsaSha256(), NameOf(issuer_name), times, Der(0xa0, Der(0x30, extensions))})),
                issuer);
}

// {"<name>":<body>,"signature":"<hex>"} as Intel serves it.
inline std::string SignedDocument(std::string_view name, const std::string& body, const TestKey& signer) {
  return "{\"" + std::string(name) + "\":" + body + ",\"signature\":\"" + HexEncode(signer.SignRaw(body)) + "\"}";
}

}  // namespace vidimus::testing
