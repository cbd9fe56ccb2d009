#include "crypto/p256.h"

#include <algorithm>
#include <array>
#include <string>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/params.h>

#include "crypto/spare_context.h"

namespace vidimus {
namespace {

constexpr std::array<uint8_t, 32> kOrder = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Free>;

// The curve's parameters, copied into each key: building a key from them is far cheaper than decoding SubjectPublicKeyInfo.
const EVP_PKEY* Template() {
  static const EVP_PKEY* const key = [] {
    const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    char group[] = "prime256v1";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0), OSSL_PARAM_construct_end()};
    EVP_PKEY* out = nullptr;
    if (EVP_PKEY_paramgen_init(context.get()) != 1 || EVP_PKEY_CTX_set_params(context.get(), params) != 1 ||
        EVP_PKEY_paramgen(context.get(), &out) != 1)
      out = nullptr;
    return out;
  }();
  return key;
}

// DER INTEGER of an unsigned 32-byte number: leading zeros stripped, 0x00 added when the top bit is set.
void AppendInteger(Bytes number, std::array<uint8_t, 72>& out, size_t& size) {
  while (number.size() > 1 && number[0] == 0) number = number.subspan(1);
  const bool pad = (number[0] & 0x80) != 0;
  out[size++] = 0x02;
  out[size++] = static_cast<uint8_t>(number.size() + (pad ? 1 : 0));
  if (pad) out[size++] = 0;
  std::copy(number.begin(), number.end(), out.begin() + static_cast<std::ptrdiff_t>(size));
  size += number.size();
}

bool InRange(Bytes number) {
  return !AllZero(number) && std::lexicographical_compare(number.begin(), number.end(), kOrder.begin(), kOrder.end());
}

}  // namespace

struct P256PublicKey::Impl {
  std::array<uint8_t, 64> raw;
  Key key;
  mutable SpareContext contexts;
};

Result<P256PublicKey> P256PublicKey::FromRaw(Bytes xy) {
  if (xy.size() != 64)
    return Fail(ErrorCode::kMalformed, "crypto.p256.point", "found " + std::to_string(xy.size()) + " bytes, expected 64");
  auto impl = std::make_shared<Impl>();
  std::copy(xy.begin(), xy.end(), impl->raw.begin());
  std::array<uint8_t, 65> encoded{0x04};
  std::copy(xy.begin(), xy.end(), encoded.begin() + 1);
  impl->key.reset(EVP_PKEY_new());
  // OpenSSL refuses here what is not on the curve; infinity has no uncompressed encoding.
  if (Template() == nullptr || EVP_PKEY_copy_parameters(impl->key.get(), Template()) != 1 ||
      EVP_PKEY_set1_encoded_public_key(impl->key.get(), encoded.data(), encoded.size()) != 1)
    return Fail(ErrorCode::kMalformed, "crypto.p256.point", "not a point on P-256");
  return P256PublicKey(std::move(impl));
}

Bytes P256PublicKey::raw() const { return impl_->raw; }

bool P256PublicKey::operator==(const P256PublicKey& other) const { return impl_->raw == other.impl_->raw; }

bool P256PublicKey::VerifyDigest(const Sha256Digest& digest, Bytes raw_signature) const {
  if (raw_signature.size() != 64 || !InRange(raw_signature.first(32)) || !InRange(raw_signature.subspan(32))) return false;
  std::array<uint8_t, 72> der{0x30, 0};
  size_t size = 2;
  AppendInteger(raw_signature.first(32), der, size);
  AppendInteger(raw_signature.subspan(32), der, size);
  der[1] = static_cast<uint8_t>(size - 2);
  auto context = impl_->contexts.Take(impl_->key.get(), [](EVP_PKEY_CTX* fresh) { return EVP_PKEY_verify_init(fresh) == 1; });
  const bool good = context != nullptr && EVP_PKEY_verify(context.get(), der.data(), size, digest.data(), digest.size()) == 1;
  impl_->contexts.PutBack(std::move(context));
  return good;
}

bool P256PublicKey::Verify(Bytes message, Bytes raw_signature) const { return VerifyDigest(Sha256(message), raw_signature); }

}  // namespace vidimus
