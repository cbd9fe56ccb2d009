// Checks: the record of every check that verification made, passed or failed (design, invariant 2).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace vidimus {

struct Check {
  std::string_view name;  // the `where` of the refusal it would cause
  bool passed;
  std::string found;
  std::string expected;
};

class Checks {
 public:
  // Records a check; fails with `where` when it did not pass.
  Status Require(ErrorCode code, std::string_view where, bool passed, std::string found, std::string expected);
  // Records a fact that only a policy or a setting may refuse.
  void Note(std::string_view name, bool passed, std::string found, std::string expected);
  // Records the failure of a step that reports its own error, or that it passed.
  Status Step(std::string_view name, const Status& status);

  const std::vector<Check>& all() const { return checks_; }

 private:
  std::vector<Check> checks_;
};

}  // namespace vidimus
