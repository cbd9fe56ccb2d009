// Files that say they are bundles of endorsements.
#include "fuzz/fuzz.h"
#include "gather/bundle.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const BundleBounds bounds{64 * 1024, 16, 1024};
  const auto bundle = ReadEndorsementBundle(Bytes(data, size), bounds);
  if (!bundle) return 0;
  fuzz::Require(size <= bounds.bytes && bundle->documents.size() <= bounds.documents, "a bundle keeps to its bounds");
  for (const NamedDocument& one : bundle->documents) fuzz::Require(one.content.size() <= bounds.document_bytes, "so do its documents");
  if (size > 0) fuzz::Require(!ReadEndorsementBundle(Bytes(data, size - 1), bounds), "no bundle is the beginning of another");
  return 0;
}
