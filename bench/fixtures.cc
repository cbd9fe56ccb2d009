#include "bench/fixtures.h"

#include <string>

namespace vidimus::bench {

Sample MakeSample(const SimulatedIntel& vendor, size_t number) {
  Sample out;
  // The size of what clients send: a public key for the relying party to encrypt to.
  out.runtime_data =
      R"({"keys":[{"kty":"RSA","kid":"key-)" + std::to_string(number) + R"(","e":"AQAB","n":")" + std::string(342, 'n') + R"("}]})";
  SgxReportFields report;
  report.report_data = BoundReportData(AsBytes(out.runtime_data));
  out.quote = vendor.Quote(report).value();
  TdReportFields machine;
  machine.report_data = report.report_data;
  out.td_quote = vendor.QuoteTd(machine).value();
  return out;
}

const Fixtures& Get() {
  static const Fixtures fixtures = [] {
    const SimulatedIntel vendor = SimulatedIntel::Create().value();
    std::vector<Sample> samples;
    for (size_t i = 0; i < kRequests; ++i) samples.push_back(MakeSample(vendor, i));
    PrivateKey key = PrivateKey::GenerateRsa(2048).value();
    const auto documents = vendor.Documents(kNow).value();
    return Fixtures{vendor,
                    std::move(samples),
                    documents,
                    IntelEndorsements::Load(documents, {vendor.Anchor().value()}).value(),
                    TokenSigner::Create("https://localhost:8443", key, true).value(),
                    key};
  }();
  return fixtures;
}

}  // namespace vidimus::bench
