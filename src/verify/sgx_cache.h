// SgxVerificationCache: what earlier SGX verifications found of the same octets, so that a warm one checks one signature.
//
// It holds only what octets alone decide, and only what was found good: signatures, and what was read from certificates. Dates,
// revocation and TCB levels are judged anew for every request, and a verification gives the same result and records the same checks
// with it and without.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/limits.h"
#include "endorsement/intel_chain.h"
#include "endorsement/pck_certificate.h"
#include "verify/lru_cache.h"

namespace vidimus {

// What the certification data of a quote decides.
struct SgxPlatform {
  std::string text;  // the certification data, without NULs at its end
  PckChain chain;
  std::string root_pem;
  Result<PckExtension> extension;
  Result<P256PublicKey> pck_key;  // parts that chain verification has no need of may be malformed; it is not cached then
  P256PublicKey ca_key;
};

class SgxVerificationCache {
 public:
  // One thread's part.
  struct Part {
    // By its text.
    LruCache<std::string_view, std::shared_ptr<const SgxPlatform>> platforms{limits::kSgxCachePlatforms};
    // Keys that a PCK key vouches for: by PCK key, attestation key, QE report and the signature on it.
    LruCache<Sha256Digest, P256PublicKey, DigestHash> attestation_keys{limits::kSgxCacheAttestationKeys};
    // CRLs with a good signature: by CRL and key.
    LruCache<Sha256Digest, std::monostate, DigestHash> crls{limits::kSgxCacheCrls};
  };

  // Holds a part for one verification. Never waits: when every part is in use, it holds none.
  class Lease {
   public:
    explicit Lease(SgxVerificationCache* cache);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Part* part() const;  // null: go without

   private:
    SgxVerificationCache* cache_;
    size_t index_;
  };

 private:
  struct alignas(64) Slot {
    std::atomic<bool> busy = false;
    Part part;
  };
  std::array<Slot, limits::kSgxCacheParts> slots_;
};

}  // namespace vidimus
