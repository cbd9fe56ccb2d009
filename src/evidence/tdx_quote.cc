#include "evidence/tdx_quote.h"

#include "base/byte_reader.h"

namespace vidimus {
namespace {

constexpr IntelQuoteBody kBodies[] = {{2, 584}, {3, 648}, {4, 885}};
constexpr IntelQuoteFormat kFormat = {{.size = "tdx.quote.size",
                                       .version = "tdx.quote.version",
                                       .attestation_key_type = "tdx.quote.attestation_key_type",
                                       .tee_type = "tdx.quote.tee_type",
                                       .qe_vendor_id = "tdx.quote.qe_vendor_id",
                                       .body_type = "tdx.quote.body_type",
                                       .body_size = "tdx.quote.body_size",
                                       .auth_data_length = "tdx.quote.auth_data_length",
                                       .auth_data = "tdx.quote.auth_data",
                                       .certification_type = "tdx.quote.certification_type"},
                                      0x81,
                                      4,
                                      "129 (TDX)",
                                      "2, 3 or 4 (TD report)",
                                      kBodies,
                                      std::size(kBodies)};

// `body` has one of the sizes above.
TdReportBody ReadTdReport(Bytes body) {
  ByteReader reader(body);
  TdReportBody out;
  out.tee_tcb_svn = reader.Array<16>();
  out.mr_seam = reader.Array<48>();
  out.mr_signer_seam = reader.Array<48>();
  out.seam_attributes = reader.Array<8>();
  out.td_attributes = reader.Array<8>();
  out.xfam = reader.Array<8>();
  out.mr_td = reader.Array<48>();
  out.mr_config_id = reader.Array<48>();
  out.mr_owner = reader.Array<48>();
  out.mr_owner_config = reader.Array<48>();
  for (auto& rtmr : out.rtmr) rtmr = reader.Array<48>();
  out.report_data = reader.Array<64>();
  if (reader.remaining() == 0) return out;
  auto& module = out.v1_5.emplace();
  module.tee_tcb_svn_2 = reader.Array<16>();
  module.mr_service_td = reader.Array<48>();
  return out;
}

}  // namespace

uint64_t TdAttributes(const TdReportBody& body) { return ByteReader(body.td_attributes).U64Le(); }

Result<TdxQuote> ParseTdxQuote(Bytes input) {
  VIDIMUS_TRY(const IntelQuote quote, ParseIntelQuote(input, kFormat));
  return TdxQuote{quote, ReadTdReport(quote.body)};
}

}  // namespace vidimus
