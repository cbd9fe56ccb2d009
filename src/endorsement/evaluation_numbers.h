// Intel's list of TCB evaluation data numbers (intel-dcap section 4.5): which numbers are published for a TEE, and since when.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "endorsement/tcb_info.h"

namespace vidimus {

struct EvaluationNumber {
  int64_t number;
  UnixTime recovery_event_date;  // when Intel published what the number is about
  UnixTime tcb_date;
};

struct EvaluationNumbers {
  SignedJson document;
  IntelTee tee;
  UnixTime issue_date;
  UnixTime next_update;
  std::vector<EvaluationNumber> numbers;  // descending, each once, never empty
};

// Takes a document named "tcbEvaluationDataNumbers". Errors: intel.evaluation_numbers.*
Result<EvaluationNumbers> ParseEvaluationNumbers(SignedJson document);

// The highest number whose recovery event is twelve months past at `now`: what Intel's service gives for update=standard, where
// update=early gives the highest. None when all are younger.
std::optional<int64_t> StandardNumberOf(const EvaluationNumbers& list, UnixTime now);

}  // namespace vidimus
