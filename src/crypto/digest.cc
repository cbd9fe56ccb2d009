#include "crypto/digest.h"

#include <cstdlib>
#include <memory>

#include <openssl/evp.h>

namespace vidimus {
namespace {

// Fetched once: an implicit fetch for every digest costs more than hashing a short message.
const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
  return algorithm;
}

struct ContextFree {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// OpenSSL fails only when it cannot allocate or lacks the algorithm: nothing can be trusted then.
void Require(bool done) {
  if (!done) std::abort();
}

void Hash(const EVP_MD* algorithm, std::initializer_list<Bytes> pieces, uint8_t* out) {
  thread_local const std::unique_ptr<EVP_MD_CTX, ContextFree> context(EVP_MD_CTX_new());
  bool done = EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1;
  for (const Bytes piece : pieces) done = done && EVP_DigestUpdate(context.get(), piece.data(), piece.size()) == 1;
  Require(done && EVP_DigestFinal_ex(context.get(), out, nullptr) == 1);
}

}  // namespace

Sha256Digest Sha256(Bytes bytes) { return Sha256({bytes}); }

Sha256Digest Sha256(Bytes a, Bytes b) { return Sha256({a, b}); }

Sha256Digest Sha256(std::initializer_list<Bytes> pieces) {
  Sha256Digest out;
  Hash(Sha256Algorithm(), pieces, out.data());
  return out;
}

Sha384Digest Sha384(Bytes bytes) {
  static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA2-384", nullptr);
  Sha384Digest out;
  Hash(algorithm, {bytes}, out.data());
  return out;
}

struct Sha256Stream::State {
  const std::unique_ptr<EVP_MD_CTX, ContextFree> context{EVP_MD_CTX_new()}, copy{EVP_MD_CTX_new()};
};

Sha256Stream::Sha256Stream() : state_(std::make_unique<State>()) {
  Require(EVP_DigestInit_ex2(state_->context.get(), Sha256Algorithm(), nullptr) == 1);
}

Sha256Stream::~Sha256Stream() = default;

void Sha256Stream::Add(Bytes bytes) { Require(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1); }

Sha256Digest Sha256Stream::Digest() const {
  Sha256Digest out;
  Require(EVP_MD_CTX_copy_ex(state_->copy.get(), state_->context.get()) == 1 &&
          EVP_DigestFinal_ex(state_->copy.get(), out.data(), nullptr) == 1);
  return out;
}

}  // namespace vidimus
