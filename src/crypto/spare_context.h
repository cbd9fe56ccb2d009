// SpareContext: an OpenSSL context kept prepared between operations with one key. Internal to crypto/.
//
// Preparing one costs lookups and locks, and one serves a single operation at a time. So whoever takes the spare one puts it back,
// and who finds none prepares another: nobody waits.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include <openssl/evp.h>

namespace vidimus {

class SpareContext {
 public:
  struct Free {
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  };
  using Context = std::unique_ptr<EVP_PKEY_CTX, Free>;

  SpareContext() = default;
  SpareContext(const SpareContext&) = delete;
  SpareContext& operator=(const SpareContext&) = delete;
  ~SpareContext() { EVP_PKEY_CTX_free(spare_.load()); }

  // `prepare`: bool(EVP_PKEY_CTX*). Null when OpenSSL cannot make or prepare one.
  template <typename Prepare>
  Context Take(EVP_PKEY* key, Prepare prepare) {
    if (Context held(spare_.exchange(nullptr, std::memory_order_acquire)); held != nullptr) return held;
    Context made(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    if (made != nullptr && !prepare(made.get())) made.reset();
    return made;
  }
  void PutBack(Context context) { Context(spare_.exchange(context.release(), std::memory_order_acq_rel)); }

 private:
  std::atomic<EVP_PKEY_CTX*> spare_ = nullptr;
};

}  // namespace vidimus
