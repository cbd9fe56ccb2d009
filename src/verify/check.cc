#include "verify/check.h"

namespace vidimus {

Status Checks::Require(ErrorCode code, std::string_view where, bool passed, std::string found, std::string expected) {
  std::string detail = passed ? "" : "found " + found + ", expected " + expected;
  Note(where, passed, std::move(found), std::move(expected));
  if (!passed) return Fail(code, where, std::move(detail));
  return {};
}

void Checks::Note(std::string_view name, bool passed, std::string found, std::string expected) {
  checks_.push_back({name, passed, std::move(found), std::move(expected)});
}

Status Checks::Step(std::string_view name, const Status& status) {
  if (status) {
    Note(name, true, "valid", "valid");
  } else {
    Note(status.error().where, false, status.error().detail, "valid");
  }
  return status;
}

}  // namespace vidimus
