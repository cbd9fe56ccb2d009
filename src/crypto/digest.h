// SHA-256 and SHA-384 (FIPS 180-4).
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>

#include "base/bytes.h"

namespace vidimus {

using Sha256Digest = std::array<uint8_t, 32>;
Sha256Digest Sha256(Bytes bytes);
Sha256Digest Sha256(Bytes a, Bytes b);                     // of a followed by b
Sha256Digest Sha256(std::initializer_list<Bytes> pieces);  // of one after the other

// Of octets that come one after the other and are not kept.
class Sha256Stream {
 public:
  Sha256Stream();
  ~Sha256Stream();
  void Add(Bytes bytes);
  Sha256Digest Digest() const;  // of what was added until now

 private:
  struct State;
  std::unique_ptr<State> state_;
};

using Sha384Digest = std::array<uint8_t, 48>;
Sha384Digest Sha384(Bytes bytes);

}  // namespace vidimus
