#include "crypto/rsa.h"

#include <algorithm>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>

namespace vidimus {
namespace {

constexpr int kMinBits = 2048, kMaxBits = 4096;

struct Free {
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* params) const { OSSL_PARAM_free(params); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};

ByteVector Number(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &number) != 1) return {};
  const std::unique_ptr<BIGNUM, Free> owned(number);
  ByteVector out(static_cast<size_t>(BN_num_bytes(number)));
  BN_bn2bin(number, out.data());
  return out;
}

}  // namespace

Result<RsaPublicKey> RsaPublicKey::Wrap(evp_pkey_st* key) {
  std::shared_ptr<EVP_PKEY> owned(key, EVP_PKEY_free);
  if (key == nullptr || EVP_PKEY_is_a(key, "RSA") != 1)
    return Fail(ErrorCode::kUnsupported, "crypto.rsa.key", "found another kind of key, expected RSA");
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kMinBits || bits > kMaxBits)
    return Fail(ErrorCode::kUnsupported, "crypto.rsa.key", "found RSA of " + std::to_string(bits) + " bits, expected 2048 to 4096");
  return RsaPublicKey(std::move(owned));
}

Result<RsaPublicKey> RsaPublicKey::FromNumbers(Bytes modulus, Bytes exponent) {
  if (modulus.empty() || modulus.size() > kMaxBits / 8 || exponent.empty() || exponent.size() > 8)
    return Fail(ErrorCode::kUnsupported, "crypto.rsa.key",
                "found a modulus of " + std::to_string(modulus.size()) + " and an exponent of " + std::to_string(exponent.size()) +
                    " bytes, expected 256 to 512 and 1 to 8");
  const std::unique_ptr<BIGNUM, Free> n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const std::unique_ptr<BIGNUM, Free> e(BN_bin2bn(exponent.data(), static_cast<int>(exponent.size()), nullptr));
  const std::unique_ptr<OSSL_PARAM_BLD, Free> builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get());
  const std::unique_ptr<OSSL_PARAM, Free> params(OSSL_PARAM_BLD_to_param(builder.get()));
  const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context.get()) != 1 || EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
    return Fail(ErrorCode::kMalformed, "crypto.rsa.key", "OpenSSL refuses these numbers");
  return Wrap(key);
}

Result<RsaPublicKey> RsaPublicKey::FromCertificate(Bytes der) {
  const unsigned char* at = der.data();
  const std::unique_ptr<X509, Free> certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate == nullptr || at != der.data() + der.size())
    return Fail(ErrorCode::kMalformed, "crypto.rsa.key", "found no DER certificate");
  return Wrap(X509_get_pubkey(certificate.get()));
}

ByteVector RsaPublicKey::Modulus() const { return Number(key_.get(), OSSL_PKEY_PARAM_RSA_N); }
ByteVector RsaPublicKey::Exponent() const { return Number(key_.get(), OSSL_PKEY_PARAM_RSA_E); }

ByteVector RsaPublicKey::PublicKeyDer() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  ByteVector out(der, der + std::max(size, 0));
  OPENSSL_free(der);
  return out;
}

bool RsaPublicKey::operator==(const RsaPublicKey& other) const { return EVP_PKEY_eq(key_.get(), other.key_.get()) == 1; }

bool RsaPublicKey::Verify(Bytes message, Bytes signature) const {
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, sha256, nullptr, key_.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
}

}  // namespace vidimus
