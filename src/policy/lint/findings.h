// Where the parts of the linter put what they find.
#pragma once

#include <string>
#include <string_view>

#include "base/limits.h"
#include "policy/diagnostic.h"

namespace vidimus::lint {

class Findings {
 public:
  explicit Findings(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void Add(std::string_view code, Span span, std::string message, std::string hint, std::string path) {
    diagnostics_.Add({Severity::kWarning, code, span, std::move(message), std::move(hint), std::move(path)});
  }
  // No further warning would be kept: looking on is in vain.
  bool full() const { return diagnostics_.all().size() >= limits::kPolicyDiagnostics; }

 private:
  Diagnostics& diagnostics_;
};

}  // namespace vidimus::lint
