// Wrapped secrets come from a store, and the text of a key from a person: neither crashes, and nothing that was not wrapped opens.
#include <cstdlib>

#include "crypto/master_key.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const vidimus::Bytes bytes(data, size);
  if (const auto read = vidimus::MasterKey::FromText(vidimus::AsText(bytes)); read && read->ToText().size() != 64) std::abort();
  static const vidimus::MasterKey key = *vidimus::MasterKey::Generate();
  // Without the header, that a fuzzer cannot guess for a fresh key, all would end at the key's id.
  vidimus::ByteVector wrapped = *key.Wrap({}, "");
  wrapped.resize(9);
  wrapped.insert(wrapped.end(), data, data + size);
  if (key.Unwrap(wrapped, "fuzz") || key.Unwrap(bytes, "fuzz")) std::abort();
  return 0;
}
