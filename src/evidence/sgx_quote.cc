#include "evidence/sgx_quote.h"

namespace vidimus {
namespace {

constexpr IntelQuoteBody kBodies[] = {{1, kSgxReportBodySize}};
constexpr IntelQuoteFormat kFormat = {{.size = "sgx.quote.size",
                                       .version = "sgx.quote.version",
                                       .attestation_key_type = "sgx.quote.attestation_key_type",
                                       .tee_type = "sgx.quote.tee_type",
                                       .qe_vendor_id = "sgx.quote.qe_vendor_id",
                                       .body_type = "sgx.quote.body_type",
                                       .body_size = "sgx.quote.body_size",
                                       .auth_data_length = "sgx.quote.auth_data_length",
                                       .auth_data = "sgx.quote.auth_data",
                                       .certification_type = "sgx.quote.certification_type"},
                                      0,
                                      3,
                                      "0 (SGX)",
                                      "1 (SGX report body)",
                                      kBodies,
                                      std::size(kBodies)};

}  // namespace

Result<SgxQuote> ParseSgxQuote(Bytes input) {
  VIDIMUS_TRY(const IntelQuote quote, ParseIntelQuote(input, kFormat));
  VIDIMUS_TRY(const SgxReportBody report, ParseSgxReportBody(quote.body));
  return SgxQuote{quote, report};
}

}  // namespace vidimus
