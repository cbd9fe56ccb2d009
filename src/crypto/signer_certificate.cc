#include "crypto/signer_certificate.h"

#include <array>
#include <ctime>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/hex.h"
#include "base/limits.h"

namespace vidimus {
namespace {

struct Free {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

constexpr int kLeastRsaBits = 2048, kGreatestRsaBits = 4096;
constexpr size_t kSubjectCharacters = 256;  // shown
constexpr size_t kRawEcdsaBytes = 64;       // r||s

tl::unexpected<Error> Refused(const std::string& detail) { return Fail(ErrorCode::kMalformed, "crypto.signer_certificate", detail); }

bool IsRsaKey(const EVP_PKEY* key) { return key != nullptr && EVP_PKEY_is_a(key, "RSA") == 1; }

bool IsP256Key(const EVP_PKEY* key) {
  std::array<char, 32> group{};
  size_t size = 0;
  return key != nullptr && EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, group.data(), group.size(), &size) == 1 &&
         std::string_view(group.data(), size) == "prime256v1";
}

Status CheckKey(const EVP_PKEY* key) {
  if (IsP256Key(key)) return {};
  if (!IsRsaKey(key)) return Refused("found a key of another kind, expected RSA or P-256");
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kLeastRsaBits || bits > kGreatestRsaBits)
    return Refused("found RSA of " + std::to_string(bits) + " bits, expected " + std::to_string(kLeastRsaBits) + " to " +
                   std::to_string(kGreatestRsaBits));
  return {};
}

// SHA-1 and MD5 can be made to collide, and a PSS signature may be over either.
bool IsSoundSignature(const X509* certificate) {
  switch (X509_get_signature_nid(certificate)) {
    case NID_sha256WithRSAEncryption:
    case NID_sha384WithRSAEncryption:
    case NID_sha512WithRSAEncryption:
    case NID_ecdsa_with_SHA256:
    case NID_ecdsa_with_SHA384:
    case NID_ecdsa_with_SHA512: return true;
    default: return false;
  }
}

// RFC 5280 section 4.2: what is critical and not understood refuses the certificate; names, which constraints are of, are not looked at
// here.
bool IsUnderstood(X509* certificate) {
  return (X509_get_extension_flags(certificate) & EXFLAG_CRITICAL) == 0 && X509_get_ext_by_NID(certificate, NID_name_constraints, -1) < 0;
}

// r||s as SEQUENCE { INTEGER r, INTEGER s }; anything else as it is.
ByteVector DerEcdsa(Bytes signature) {
  if (signature.size() != kRawEcdsaBytes) return ByteVector(signature.begin(), signature.end());
  const std::unique_ptr<ECDSA_SIG, Free> numbers(ECDSA_SIG_new());
  const int half = kRawEcdsaBytes / 2;
  ECDSA_SIG_set0(numbers.get(), BN_bin2bn(signature.data(), half, nullptr), BN_bin2bn(signature.data() + half, half, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(numbers.get(), &der);
  ByteVector out(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return out;
}

bool VerifiesWith(EVP_PKEY* key, Bytes message, Bytes signature) {
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  const bool verifies = EVP_DigestVerifyInit(context.get(), nullptr, sha256, nullptr, key) == 1 &&
                        EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return verifies;
}

}  // namespace

Result<SignerCertificate> SignerCertificate::FromDer(Bytes der) {
  if (der.empty() || der.size() > limits::kCertificateBytes)
    return Refused("found " + std::to_string(der.size()) + " bytes, expected 1 to " + std::to_string(limits::kCertificateBytes));
  const unsigned char* at = der.data();
  std::shared_ptr<X509> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  ERR_clear_error();
  if (certificate == nullptr || at != der.data() + der.size()) return Refused("found no DER certificate, or something after it");
  if (X509_get_version(certificate.get()) != X509_VERSION_3) return Refused("found another version, expected X.509 v3");
  // Reads the extensions now: later OpenSSL would do so in the object, which threads share.
  if ((X509_get_extension_flags(certificate.get()) & EXFLAG_INVALID) != 0) return Refused("found extensions that cannot be read");
  VIDIMUS_CHECK_OK(CheckKey(X509_get0_pubkey(certificate.get())));
  return SignerCertificate(std::move(certificate), ByteVector(der.begin(), der.end()));
}

const ByteVector& SignerCertificate::der() const { return der_; }

std::string SignerCertificate::subject() const {
  const std::unique_ptr<BIO, Free> out(BIO_new(BIO_s_mem()));
  // Escapes what is not printable ASCII.
  X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate_.get()), 0, XN_FLAG_RFC2253);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return Shortened(std::string(text, static_cast<size_t>(std::max(size, 0L))), kSubjectCharacters);
}

std::string SignerCertificate::thumbprint() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(certificate_.get(), EVP_sha1(), digest.data(), &size);
  std::string out = HexEncode(Bytes(digest.data(), size));
  for (char& c : out)
    if (c >= 'a') c = static_cast<char>(c - 'a' + 'A');
  return out;
}

bool SignerCertificate::is_rsa() const { return IsRsaKey(X509_get0_pubkey(certificate_.get())); }

bool SignerCertificate::may_issue() const {
  const uint32_t flags = X509_get_extension_flags(certificate_.get());
  const bool is_ca = (flags & EXFLAG_BCONS) != 0 && (flags & EXFLAG_CA) != 0;
  const bool may_sign = (flags & EXFLAG_KUSAGE) == 0 || (X509_get_key_usage(certificate_.get()) & KU_KEY_CERT_SIGN) != 0;
  return is_ca && may_sign && IsUnderstood(certificate_.get());
}

bool SignerCertificate::HoldsAt(UnixTime now) const {
  time_t at = now;
  return X509_cmp_time(X509_get0_notBefore(certificate_.get()), &at) < 0 && X509_cmp_time(X509_get0_notAfter(certificate_.get()), &at) > 0;
}

bool SignerCertificate::Verifies(Bytes message, Bytes signature) const {
  EVP_PKEY* key = X509_get0_pubkey(certificate_.get());
  if (is_rsa()) return VerifiesWith(key, message, signature);
  // A DER signature may happen to have 64 bytes.
  return VerifiesWith(key, message, DerEcdsa(signature)) || (signature.size() == kRawEcdsaBytes && VerifiesWith(key, message, signature));
}

bool SignerCertificate::IsIssuedBy(const SignerCertificate& issuer) const {
  const bool issued = issuer.may_issue() && IsUnderstood(certificate_.get()) && IsSoundSignature(certificate_.get()) &&
                      X509_check_issued(issuer.certificate_.get(), certificate_.get()) == X509_V_OK &&
                      X509_verify(certificate_.get(), X509_get0_pubkey(issuer.certificate_.get())) == 1;
  ERR_clear_error();
  return issued;
}

std::optional<size_t> SignerCertificate::path_length() const {
  const long length = X509_get_pathlen(certificate_.get());
  return length < 0 ? std::nullopt : std::optional<size_t>(static_cast<size_t>(length));
}

}  // namespace vidimus
