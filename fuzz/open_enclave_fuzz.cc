// Open Enclave's framings: quote and custom claims lie in the input and cover its end.
#include "evidence/open_enclave.h"

#include "evidence/sgx_quote.h"
#include "fuzz/fuzz.h"

using namespace vidimus;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes input(data, size);
  const auto framed = ParseOpenEnclave(input);
  if (!framed) return 0;
  fuzz::Require(fuzz::Within(framed->quote, input) && fuzz::Within(framed->custom_claims, input), "views lie in the input");
  fuzz::Require(framed->has_custom_claims || framed->custom_claims.empty(), "claims only where the format has them");
  fuzz::Require(framed->quote.data() + framed->quote.size() + framed->custom_claims.size() == data + size, "nothing is left over");
  fuzz::Require(!ParseOpenEnclave(input.first(size - 1)), "no prefix is accepted");
  if (const auto quote = ParseSgxQuote(framed->quote); quote && framed->has_custom_claims)
    fuzz::Require(quote->whole.size() == framed->quote.size(), "claims begin where the quote ends");
  return 0;
}
