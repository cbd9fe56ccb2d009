// Recognition of Intel's endorsements: a document is taken or refused for what it is, whatever stands beside it.
#include "endorsement/intel_endorsements.h"

#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::vector<TrustAnchor> anchors = {IntelRootAnchor()};
  const NamedDocument document{"input", ByteVector(data, data + size)};
  const auto once = IntelEndorsements::Load({document}, anchors);
  const auto twice = IntelEndorsements::Load({document, document}, anchors);
  fuzz::Require(once.has_value() == twice.has_value(), "a document may be given twice");
  if (!once) {
    fuzz::Require(once.error().detail.starts_with("input: "), "a refusal names its document");
    return 0;
  }
  for (const IntelTee tee : {IntelTee::kSgx, IntelTee::kTdx}) {
    const IntelSelection selection{tee, {}, std::string(kIntelPlatformCaName), IntelRootAnchor(), {}, 0, Expiry{0, true}};
    fuzz::Require(!once->Select(selection), "one document is never all that is needed");
  }
  return 0;
}
