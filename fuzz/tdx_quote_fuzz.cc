// TDX quotes: every view lies in the input, and what follows the quote changes nothing.
#include "evidence/tdx_quote.h"

#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto quote = ParseTdxQuote(Bytes(data, size));
  if (!quote) return 0;
  for (const Bytes view : {quote->body, quote->signed_region, quote->signature, quote->attestation_key, quote->qe_report_bytes,
                           quote->qe_report_signature, quote->qe_auth_data, quote->certification_data})
    fuzz::Require(fuzz::Within(view, quote->whole), "views lie in the quote");
  fuzz::Require(quote->report.v1_5.has_value() == (quote->body.size() > 584), "a longer body is a later report");
  fuzz::Require(!ParseTdxQuote(quote->whole.first(quote->whole.size() - 1)), "no prefix is accepted");
  const auto again = ParseTdxQuote(quote->whole);
  fuzz::Require(again && Equal(again->certification_data, quote->certification_data), "what follows the quote changes nothing");
  return 0;
}
