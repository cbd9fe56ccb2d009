#include "crypto/master_key.h"

#include <algorithm>
#include <memory>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "base/hex.h"
#include "crypto/digest.h"
#include "crypto/random.h"

namespace vidimus {
namespace {

// Wrapped: version, key id, nonce, ciphertext, tag. Version and key id, of fixed length, go before the caller's context into the
// authenticated data, so that no two of them read alike.
constexpr uint8_t kVersion = 1;
constexpr size_t kIdBytes = 8, kNonceBytes = 12, kTagBytes = 16;
constexpr size_t kHeaderBytes = 1 + kIdBytes, kCiphertextAt = kHeaderBytes + kNonceBytes;
constexpr size_t kKeyBytes = 32, kHexDigits = 2 * kKeyBytes, kBase64Characters = 44;

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, Free>;

std::array<uint8_t, kIdBytes> Id(Bytes key) {
  const Sha256Digest digest = Sha256(AsBytes("vidimus master key id:"), key);
  std::array<uint8_t, kIdBytes> out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

bool FromBase64(std::string_view text, std::array<uint8_t, kKeyBytes>& key) {
  std::array<uint8_t, kKeyBytes + 1> octets;  // OpenSSL writes the padding too
  std::array<uint8_t, kBase64Characters + 1> again;
  const int size = EVP_DecodeBlock(octets.data(), AsBytes(text).data(), static_cast<int>(text.size()));
  std::copy_n(octets.begin(), key.size(), key.begin());
  // It reads more than the one encoding of these octets: whatever differs from that one is refused.
  EVP_EncodeBlock(again.data(), key.data(), static_cast<int>(key.size()));
  const bool good = size == static_cast<int>(octets.size()) && AsText(Bytes(again).first(kBase64Characters)) == text;
  OPENSSL_cleanse(octets.data(), octets.size());
  OPENSSL_cleanse(again.data(), again.size());
  return good;
}

// Text in, or text out: one direction or the other over the same nonce and authenticated data. Null when OpenSSL fails.
Context Start(Bytes key, Bytes header, Bytes nonce, std::string_view context, bool encrypt) {
  Context cipher(EVP_CIPHER_CTX_new());
  int size = 0;
  const bool good = cipher != nullptr &&
                    EVP_CipherInit_ex2(cipher.get(), EVP_aes_256_gcm(), key.data(), nonce.data(), encrypt ? 1 : 0, nullptr) == 1 &&
                    EVP_CipherUpdate(cipher.get(), nullptr, &size, header.data(), static_cast<int>(header.size())) == 1 &&
                    EVP_CipherUpdate(cipher.get(), nullptr, &size, AsBytes(context).data(), static_cast<int>(context.size())) == 1;
  if (!good) cipher.reset();
  return cipher;
}

}  // namespace

Result<MasterKey> MasterKey::FromText(std::string_view text) {
  text = Trimmed(text);
  MasterKey out(std::array<uint8_t, kKeyBytes>{});
  if (text.size() == kBase64Characters && FromBase64(text, out.key_)) return out;
  if (text.size() == kHexDigits) {
    if (auto octets = HexDecode(text)) {
      std::copy(octets->begin(), octets->end(), out.key_.begin());
      OPENSSL_cleanse(octets->data(), octets->size());
      return out;
    }
  }
  // Never quotes the text, not even one character of it.
  return Fail(
      ErrorCode::kMalformed, "crypto.master_key",
      "found " + std::to_string(text.size()) + " characters that are no key, expected 32 octets as 64 hexadecimal digits or as base64");
}

Result<MasterKey> MasterKey::Generate() {
  MasterKey out(std::array<uint8_t, kKeyBytes>{});
  if (RAND_priv_bytes(out.key_.data(), static_cast<int>(out.key_.size())) != 1)
    return Fail(ErrorCode::kIo, "crypto.random", "OpenSSL's generator failed");
  return out;
}

MasterKey::~MasterKey() { OPENSSL_cleanse(key_.data(), key_.size()); }

std::string MasterKey::ToText() const { return HexEncode(key_); }

std::string MasterKey::id() const { return HexEncode(Id(key_)); }

std::string MasterKey::IdIn(Bytes wrapped) {
  if (wrapped.size() < kHeaderBytes || wrapped[0] != kVersion) return {};
  return HexEncode(wrapped.subspan(1, kIdBytes));
}

Result<ByteVector> MasterKey::Wrap(Bytes secret, std::string_view context) const {
  if (secret.size() > limits::kWrappedSecretBytes)
    return Fail(
        ErrorCode::kLimit, "crypto.master_key",
        "found a secret of " + std::to_string(secret.size()) + " octets, expected at most " + std::to_string(limits::kWrappedSecretBytes));
  VIDIMUS_TRY(const ByteVector nonce, RandomBytes(kNonceBytes));
  const auto id = Id(key_);
  ByteVector out(kCiphertextAt + secret.size() + kTagBytes);
  out[0] = kVersion;
  std::copy(id.begin(), id.end(), out.begin() + 1);
  std::copy(nonce.begin(), nonce.end(), out.begin() + static_cast<std::ptrdiff_t>(kHeaderBytes));
  const Context cipher = Start(key_, Bytes(out).first(kHeaderBytes), nonce, context, true);
  uint8_t* const tag = out.data() + out.size() - kTagBytes;
  int size = 0;
  if (cipher == nullptr ||
      EVP_CipherUpdate(cipher.get(), out.data() + kCiphertextAt, &size, secret.data(), static_cast<int>(secret.size())) != 1 ||
      EVP_CipherFinal_ex(cipher.get(), tag, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTagBytes), tag) != 1)
    return Fail(ErrorCode::kIo, "crypto.master_key", "OpenSSL could not encrypt");
  return out;
}

Result<ByteVector> MasterKey::Unwrap(Bytes wrapped, std::string_view context) const {
  if (wrapped.size() < kCiphertextAt + kTagBytes || wrapped.size() > kCiphertextAt + limits::kWrappedSecretBytes + kTagBytes ||
      wrapped[0] != kVersion)
    return Fail(ErrorCode::kMalformed, "crypto.master_key.unwrap",
                "found " + std::to_string(wrapped.size()) + " octets that no master key of this version has wrapped");
  if (const Bytes found = wrapped.subspan(1, kIdBytes); !Equal(found, Id(key_)))
    return Fail(ErrorCode::kMismatch, "crypto.master_key.other",
                "found what the master key " + HexEncode(found) + " has wrapped, expected the master key " + id());
  const Bytes tag = wrapped.last(kTagBytes);
  const Bytes ciphertext = wrapped.subspan(kCiphertextAt, wrapped.size() - kCiphertextAt - kTagBytes);
  const Context cipher = Start(key_, wrapped.first(kHeaderBytes), wrapped.subspan(kHeaderBytes, kNonceBytes), context, false);
  ByteVector out(ciphertext.size() + 1);  // never empty: OpenSSL takes a null output for authenticated data
  ByteVector expected_tag(tag.begin(), tag.end());
  int size = 0;
  if (cipher == nullptr ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTagBytes), expected_tag.data()) != 1 ||
      EVP_CipherUpdate(cipher.get(), out.data(), &size, ciphertext.data(), static_cast<int>(ciphertext.size())) != 1 ||
      EVP_CipherFinal_ex(cipher.get(), out.data() + ciphertext.size(), &size) != 1) {
    OPENSSL_cleanse(out.data(), out.size());  // in another context these are the secret itself
    return Fail(ErrorCode::kUntrusted, "crypto.master_key.unwrap", "what was wrapped has changed, or was wrapped for another use");
  }
  out.pop_back();
  return out;
}

}  // namespace vidimus
