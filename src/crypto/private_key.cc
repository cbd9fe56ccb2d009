#include "crypto/private_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "codec/der.h"
#include "crypto/digest.h"
#include "crypto/spare_context.h"
#include "crypto/token_lock.h"

namespace vidimus {
namespace {

constexpr int kMinRsaBits = 2048, kMaxRsaBits = 4096;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(BIGNUM* number) const { BN_free(number); }
};

std::shared_ptr<EVP_PKEY> Own(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

// Fetched once: looking it up by name for every signature costs a lock.
const EVP_MD* Sha256Method() {
  static EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return method;
}

// A key file's passphrase prompt would hang a server: there is none.
int NoPassphrase(char*, int, int, void*) { return -1; }

ByteVector Number(EVP_PKEY* key, const char* name) {
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &raw) != 1) return {};
  const std::unique_ptr<BIGNUM, Free> number(raw);
  ByteVector out(static_cast<size_t>(BN_num_bytes(raw)));
  BN_bn2bin(raw, out.data());
  return out;
}

// SEQUENCE { INTEGER r, INTEGER s } to r||s.
Result<ByteVector> RawSignature(const ByteVector& der) {
  DerReader outer{Bytes(der)};
  VIDIMUS_TRY(const DerElement sequence, outer.Read(0x30));
  DerReader inner(sequence.value);
  ByteVector out(64);
  for (size_t end : {32U, 64U}) {
    VIDIMUS_TRY(const Bytes number, inner.ReadUnsigned());
    if (number.size() > 32) return Fail(ErrorCode::kIo, "crypto.private_key.sign", "a number of more than 32 bytes in an ECDSA signature");
    std::copy(number.begin(), number.end(), out.begin() + static_cast<std::ptrdiff_t>(end - number.size()));
  }
  return out;
}

}  // namespace

PrivateKey::PrivateKey(std::shared_ptr<evp_pkey_st> key, bool signs_elsewhere)
    : key_(std::move(key)), signs_elsewhere_(signs_elsewhere), contexts_(std::make_shared<SpareContext>()) {}

Result<PrivateKey> PrivateKey::GenerateRsa(int bits) {
  if (bits < kMinRsaBits || bits > kMaxRsaBits)
    return Fail(ErrorCode::kUsage, "crypto.private_key.generate", "found " + std::to_string(bits) + " bits, expected 2048 to 4096");
  auto key = Own(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<size_t>(bits)));
  if (key == nullptr) return Fail(ErrorCode::kIo, "crypto.private_key.generate", "OpenSSL could not make an RSA key");
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::GenerateP256() {
  auto key = Own(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "prime256v1"));
  if (key == nullptr) return Fail(ErrorCode::kIo, "crypto.private_key.generate", "OpenSSL could not make a P-256 key");
  return PrivateKey(std::move(key));
}

Result<PrivateKey> PrivateKey::FromPem(std::string_view pem) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  auto key = Own(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (key == nullptr)
    return Fail(ErrorCode::kMalformed, "crypto.private_key.pem",
                "found no unencrypted private key, expected one PEM block of RSA or P-256");
  if (EVP_PKEY_is_a(key.get(), "RSA") == 1) {
    const int bits = EVP_PKEY_get_bits(key.get());
    if (bits < kMinRsaBits || bits > kMaxRsaBits)
      return Fail(ErrorCode::kUnsupported, "crypto.private_key.pem",
                  "found RSA of " + std::to_string(bits) + " bits, expected 2048 to 4096");
    return PrivateKey(std::move(key));
  }
  char group[64] = "";
  if (EVP_PKEY_is_a(key.get(), "EC") != 1 || EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr) != 1 ||
      std::string_view(group) != "prime256v1")
    return Fail(ErrorCode::kUnsupported, "crypto.private_key.pem", "found another kind of key, expected RSA or P-256");
  return PrivateKey(std::move(key));
}

std::string PrivateKey::ToPem() const {
  if (signs_elsewhere_) return {};
  const std::unique_ptr<BIO, Free> bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<size_t>(size)};
}

PrivateKey::Kind PrivateKey::kind() const { return EVP_PKEY_is_a(key_.get(), "RSA") == 1 ? Kind::kRsa : Kind::kP256; }

ByteVector PrivateKey::PublicKeyDer() const {
  ByteVector out(static_cast<size_t>(i2d_PUBKEY(key_.get(), nullptr)));
  unsigned char* at = out.data();
  i2d_PUBKEY(key_.get(), &at);
  return out;
}

ByteVector PrivateKey::RsaModulus() const { return Number(key_.get(), OSSL_PKEY_PARAM_RSA_N); }
ByteVector PrivateKey::RsaExponent() const { return Number(key_.get(), OSSL_PKEY_PARAM_RSA_E); }

ByteVector PrivateKey::P256Point() const {
  if (kind() != Kind::kP256) return {};
  const ByteVector spki = PublicKeyDer();
  return {spki.end() - 64, spki.end()};  // SubjectPublicKeyInfo ends with the uncompressed point
}

Result<ByteVector> PrivateKey::Sign(Bytes message) const {
  const Sha256Digest digest = Sha256(message);
  const auto held = HoldTokens(signs_elsewhere_);
  auto context = contexts_->Take(key_.get(), [](EVP_PKEY_CTX* fresh) {
    return EVP_PKEY_sign_init(fresh) == 1 && EVP_PKEY_CTX_set_signature_md(fresh, Sha256Method()) == 1;
  });
  ByteVector out(static_cast<size_t>(EVP_PKEY_get_size(key_.get())));
  size_t size = out.size();
  if (context == nullptr || EVP_PKEY_sign(context.get(), out.data(), &size, digest.data(), digest.size()) != 1)
    return Fail(ErrorCode::kIo, "crypto.private_key.sign", "OpenSSL could not sign");
  contexts_->PutBack(std::move(context));
  out.resize(size);
  if (kind() == Kind::kRsa) return out;
  return RawSignature(out);
}

}  // namespace vidimus
