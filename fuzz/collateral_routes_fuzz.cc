// Queries to the paths of PCS and PCCS; the first octet chooses the path. Nothing is held, so that only what is asked matters.
#include "api/collateral_routes.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const char* const kPaths[] = {"/sgx/certification/v4/tcb", "/tdx/certification/v4/qe/identity", "/sgx/certification/v4/pckcrl",
                                       "/sgx/certification/v4/rootcacrl", "/sgx/certification/v4/crl"};
  static const Router router = [] {
    Router out;
    const auto none = std::make_shared<const IntelEndorsements>(std::vector<TrustAnchor>{IntelRootAnchor()});
    AddCollateralRoutes({[none] { return none; }, [] { return UnixTime{1749513600}; }}, out);
    return out;
  }();
  if (size == 0) return 0;
  HttpRequest request;
  request.method = "GET";
  request.target = std::string(kPaths[data[0] % std::size(kPaths)]) + "?" + std::string(AsText(Bytes(data, size).subspan(1)));
  int status = 0;
  router.Handle(std::move(request), [&](const HttpResponse& response) { status = response.status; });
  fuzz::Require(status == 400 || status == 404, "what is not held is not there, and other queries are refused");
  return 0;
}
