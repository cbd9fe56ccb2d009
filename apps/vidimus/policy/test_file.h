// Tests that stand beside a policy: what *.test.json files say, read strictly.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "claims/attestation_type.h"
#include "claims/claim.h"
#include "offline.h"

namespace vidimus {

// Of a TrialReport; what is not given is not compared.
struct PolicyExpectation {
  std::string outcome;
  std::optional<std::string> reason;
  std::optional<Json> claims, properties;  // all that are issued: an object; the order of an array is of no account
  std::optional<int64_t> rule_line;
};

struct PolicyTest {
  std::string name;
  std::optional<ClaimSet> claims;           // this ...
  std::optional<OfflineEvidence> evidence;  // ... or this
  PolicyExpectation expect;
};

struct PolicyTestFile {
  std::string path;
  std::string policy;  // the path of the policy
  std::string policy_text;
  AttestationType type = AttestationType::kSgxEnclave;
  std::vector<PolicyTest> tests;  // at least one
};

// The form of a test file, for the help.
std::string_view PolicyTestFileHelp();

// Each path is a file, or a folder whose *.test.json are taken at every depth; by name, each once.
// Errors: policy.test.none, file.read.
Result<std::vector<std::string>> FindPolicyTestFiles(const std::vector<std::string>& paths);

// Paths in the file are relative to it. Errors: policy.test.member, policy.test.value, those of reading the files it names, of
// ParseJson and of ReadClaims; each with the place: "a.test.json: tests[2].expect.outcome: ...".
Result<PolicyTestFile> ReadPolicyTestFile(const std::string& path);

}  // namespace vidimus
