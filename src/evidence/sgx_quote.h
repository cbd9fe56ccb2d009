// SGX quotes: version 3, version 4 with TEE type 0, version 5 with body type 1 (intel-dcap section 1.2).
#pragma once

#include "evidence/intel_quote.h"

namespace vidimus {

struct SgxQuote : IntelQuote {
  SgxReportBody report;
};

// Errors: sgx.quote.*
Result<SgxQuote> ParseSgxQuote(Bytes input);

}  // namespace vidimus
