// Runs the tests that stand beside policies: what was expected against what was found, and which rules they covered.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/coverage.h"
#include "policy/test_file.h"
#include "policy/trial.h"

namespace vidimus {

struct PolicyTestDifference {
  std::string what;  // "outcome"
  std::string expected, found;
};

struct PolicyTestResult {
  std::string name;
  std::vector<PolicyTestDifference> differences;  // none: it passed
  std::string message;                            // of the TrialReport: why the outcome is what it is
  bool passed() const { return differences.empty(); }
};

struct PolicyUnderTest {
  std::string path;
  std::string text;
  Trial trial;                             // its explanation is of the last test
  std::unique_ptr<RuleCoverage> coverage;  // null when it does not compile
};

class PolicyTestRunner {
 public:
  // In the order of the file.
  std::vector<PolicyTestResult> Run(const PolicyTestFile& file);
  // Each policy once, in the order they were met.
  const std::vector<std::unique_ptr<PolicyUnderTest>>& policies() const { return policies_; }

 private:
  PolicyUnderTest& PolicyOf(const PolicyTestFile& file);
  std::vector<std::unique_ptr<PolicyUnderTest>> policies_;
};

}  // namespace vidimus
