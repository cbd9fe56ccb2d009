// Explanation: how a decision came about, rule by rule. Made by evaluating again with an observer; the decision stays the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "policy/evaluator.h"

namespace vidimus {

// One claim that a condition looked at.
struct ConsideredClaim {
  Claim claim;
  std::optional<size_t> unmet;  // the first property, from the left, that it does not have; none when it matched
};

struct ConditionTrace {
  bool holds = false;
  size_t considered = 0;                // claims of the type it names, or all when it names none
  size_t matched = 0;                   // of these
  std::vector<ConsideredClaim> claims;  // the first limits::kTraceClaims of them; those that matched come first
  std::string not_tried;                // why no claim could be tried: what it compares with was not found, or failed; else empty
};

struct RuleTrace {
  PolicySection section = PolicySection::kAuthorization;
  size_t number = 0;  // in its section, from 0
  const Rule* rule = nullptr;
  bool fired = false;
  std::vector<ConditionTrace> conditions;
  ClaimSet made;  // what it added or issued, also what was held already

  size_t unmet_conditions() const;
};

// A rule that did not fire though the decision wanted it to, and one level deeper the rules that would have made what it missed: at
// most limits::kMissRules in all.
struct Miss {
  size_t rule = 0;  // in Explanation::rules
  std::vector<Miss> because;
};

struct Explanation {
  std::optional<Decision> decision;  // as Evaluate gives it ...
  std::optional<Error> error;        // ... or why it gives none
  struct Failed {
    PolicySection section;
    size_t number;
  };
  std::optional<Failed> failed;  // the rule that the error came from; configuration rules are not among them
  std::vector<RuleTrace> rules;  // in order, those that ran, fired or not; at most limits::kTraceRules
  bool complete = true;          // false: the trace met a limit of its own, the decision did not
  std::optional<Miss> closest;   // when nothing permitted: the permit that failed by the fewest conditions
  std::vector<size_t> as_close;  // in rules, at most limits::kMissRules: other permits that failed by as few
};

// Points into `program`.
Explanation Explain(const Program& program, const ClaimSet& incoming);

// One sentence for a denial or an error: the deny that fired, or the closest miss with what would have satisfied it. For a permit, which
// rule permitted. At most limits::kErrorDetailBytes.
std::string Summarise(const Program& program, const Explanation& explanation);

// What would have satisfied condition `index` of the rule, with what was found: "x-ms-sgx-svn with value >= 3 (found 2)".
std::string Missing(const Program& program, const RuleTrace& rule, size_t index);

// The whole explanation as prose, in lines.
std::string ExplainInWords(const Program& program, const Explanation& explanation);

}  // namespace vidimus
