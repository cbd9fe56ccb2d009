// IntelVerificationCache: what earlier SGX and TDX verifications found of the same octets, so that a warm one checks one signature.
//
// It holds only what octets alone decide, and only what was found good: signatures, and what was read from certificates. Dates,
// revocation and TCB levels are judged anew for every request, and a verification gives the same result and records the same checks
// with it and without.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/limits.h"
#include "verify/intel_platform.h"
#include "verify/lru_cache.h"

namespace vidimus {

// What a cache holds at most; zero: nothing of that kind.
struct IntelCacheBounds {
  size_t parts = limits::kIntelCacheParts;  // that threads use one at a time
  // In each part:
  size_t platforms = limits::kIntelCachePlatforms;
  size_t attestation_keys = limits::kIntelCacheAttestationKeys;
  size_t crls = limits::kIntelCacheCrls;
};

// An unused one is its own 40 octets and nothing on the heap. The first use takes 64 octets for each part, the first use of a part what
// that part holds; each thread keeps to one part unless others use it.
class IntelVerificationCache {
  struct Slot;

 public:
  // One thread's part.
  struct alignas(64) Part {
    explicit Part(const IntelCacheBounds& bounds)
        : platforms(bounds.platforms), issuers(bounds.crls), attestation_keys(bounds.attestation_keys), crls(bounds.crls) {}
    // By its text.
    LruCache<std::string_view, std::shared_ptr<const IntelPlatform>> platforms;
    // By their text, as many as CRLs: each PCK CA has one.
    LruCache<std::string_view, std::shared_ptr<const IntelPckIssuers>> issuers;
    // Keys that a PCK key vouches for: by PCK key, attestation key, QE report and the signature on it.
    LruCache<Sha256Digest, P256PublicKey, DigestHash> attestation_keys;
    // CRLs with a good signature: by CRL and key.
    LruCache<Sha256Digest, std::monostate, DigestHash> crls;
  };

  explicit IntelVerificationCache(const IntelCacheBounds& bounds = {}) : bounds_(bounds) {}
  ~IntelVerificationCache();
  IntelVerificationCache(const IntelVerificationCache&) = delete;
  IntelVerificationCache& operator=(const IntelVerificationCache&) = delete;

  // Holds a part for one verification. Never waits and never throws: when every part is in use, or there is no memory for one, it holds
  // none.
  class Lease {
   public:
    explicit Lease(IntelVerificationCache* cache) noexcept;
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Part* part() const;  // null: go without

   private:
    Slot* slot_ = nullptr;
  };

 private:
  struct alignas(64) Slot {
    std::atomic<bool> busy = false;
    std::unique_ptr<Part> part;  // made when first leased
  };
  Slot* Slots() noexcept;

  const IntelCacheBounds bounds_;
  std::atomic<Slot*> slots_ = nullptr;  // bounds_.parts of them, from the first use on
};

}  // namespace vidimus
