// A platform as the store keeps it: what is read is what would be written.
#include "verify/platform_tcb.h"

#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto json = ParseJson(AsText(Bytes(data, size)));
  if (!json) return 0;
  const auto platform = PlatformTcbFromJson(*json);
  if (!platform) return 0;
  const auto again = PlatformTcbFromJson(PlatformTcbToJson(*platform));
  fuzz::Require(again && *again == *platform, "a platform reads back as it was");
  fuzz::Require(platform->tee_tcb_svn.has_value() == (platform->tee == IntelTee::kTdx), "only a TD has its SVNs");
  return 0;
}
