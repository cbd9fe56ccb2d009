// SGX quotes: every view lies in the input, and what follows the quote changes nothing.
#include "evidence/sgx_quote.h"

#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, size);
  const auto quote = ParseSgxQuote(input);
  if (!quote) return 0;
  for (const Bytes view :
       {quote->signed_region, quote->signature, quote->attestation_key, quote->qe_report_bytes, quote->qe_report_signature,
        quote->qe_auth_data, quote->certification_data, quote->report.reserved4, quote->qe_report.reserved4})
    fuzz::Require(fuzz::Within(view, quote->whole), "views lie in the quote");
  fuzz::Require(quote->whole.data() == data && quote->whole.size() <= size, "the quote begins the input");
  fuzz::Require(quote->signature.size() == 64 && quote->attestation_key.size() == 64 && quote->qe_report_signature.size() == 64,
                "fixed sizes");
  fuzz::Require(!ParseSgxQuote(quote->whole.first(quote->whole.size() - 1)), "no prefix is accepted");
  const auto again = ParseSgxQuote(quote->whole);
  fuzz::Require(again && Equal(again->certification_data, quote->certification_data), "what follows the quote changes nothing");
  return 0;
}
