#include "policy/evaluator.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>

#include "base/limits.h"

namespace vidimus {
namespace {

// The rules of one section that claims woke, by number, each once, in order.
class Agenda {
 public:
  Agenda(const RuleIndex& index, std::pmr::memory_resource* memory)
      : index_(index), always_(index.always()), woken_(memory), pushed_(memory) {}

  // `first_of_type`: no claim of the type woke rules here before.
  void Wake(ClaimTypeId type, const ClaimValueView& value, bool first_of_type) {
    if (first_of_type) Push(index_.ByType(type));
    const auto list = index_.ListByValue(type, value);
    if (list && pushed_.insert(*list).second) Push(index_.ByValue(*list));
  }

  // The next rule that may fire; `end` when there is none.
  size_t Next(size_t end) {
    while (!woken_.empty() && woken_.front() < next_) Pop();
    while (!always_.empty() && always_.front() < next_) always_ = always_.subspan(1);
    size_t out = end;
    if (!always_.empty()) out = always_.front();
    if (!woken_.empty()) out = std::min<size_t>(out, woken_.front());
    next_ = out + 1;
    return out;
  }

 private:
  void Push(std::span<const uint32_t> rules) {
    for (auto it = std::lower_bound(rules.begin(), rules.end(), next_); it != rules.end(); ++it) {
      woken_.push_back(*it);
      std::push_heap(woken_.begin(), woken_.end(), std::greater<>());
    }
  }
  void Pop() {
    std::pop_heap(woken_.begin(), woken_.end(), std::greater<>());
    woken_.pop_back();
  }

  const RuleIndex& index_;
  std::span<const uint32_t> always_;
  std::pmr::vector<uint32_t> woken_;  // a heap, the least number first
  std::pmr::set<uint32_t> pushed_;    // lists of rules: thousands of claims may have the value that thousands of rules wait for
  size_t next_ = 0;
};

// Claims that leave the evaluation, by number, each once, in the order they were issued.
class Outgoing {
 public:
  void Add(uint32_t claim) {
    if (held_.size() <= claim) held_.resize(claim + 1);
    if (!held_[claim]) claims_.push_back(claim);
    held_[claim] = true;
  }
  ClaimSet Of(const WorkingSet& set) const {
    ClaimSet out;
    out.reserve(claims_.size());
    for (const uint32_t claim : claims_) out.push_back(set[claim]);
    return out;
  }

 private:
  std::vector<uint32_t> claims_;
  std::vector<bool> held_;
};

class Evaluation {
 public:
  Evaluation(const Program& program, const ClaimSet& incoming, EvaluationObserver* observer)
      : program_(program),
        observer_(observer),
        steps_(program.step_limit),
        claims_(program.types, incoming, &memory_),
        matcher_(claims_, steps_),
        match_(&memory_),
        made_(&memory_) {}

  Status Run(PolicySection section, const Section& rules) {
    section_ = section;
    Agenda agenda(rules.index, &memory_);
    agenda_ = &agenda;
    const auto entries = claims_.entries();
    for (size_t i = 0; i < entries.size(); ++i)
      agenda.Wake(entries[i].type, ViewOf(claims_[entries[i].claim].value), i == 0 || entries[i - 1].type != entries[i].type);
    const size_t end = rules.rules.size();
    for (size_t seen = 0; seen < end;) {
      const size_t number = agenda.Next(end);
      if (observer_ != nullptr)
        for (size_t asleep = seen; asleep < number; ++asleep) observer_->Saw(section, asleep, false, claims_);
      seen = number + 1;
      if (number < end) {
        const Status done = Judge(rules.rules[number], number);
        if (!done) {
          if (observer_ != nullptr) observer_->Failed(section, number);
          return AtLine(done.error(), rules.rules[number]);
        }
        if (deny_ != nullptr) return {};
      }
    }
    return {};
  }

  // Claims that are there before any rule of this evaluation runs.
  Status Start(const ClaimSet& configured) {
    if (!steps_.Spend(claims_.size())) return Fail(ErrorCode::kLimit, "policy.steps", "more claims than a policy may look at");
    for (const Claim& claim : configured) {
      VIDIMUS_TRY(const uint32_t number, Hold(claim, program_.types.Find(claim.type)));
      properties_.Add(number);
    }
    return {};
  }

  Decision Take() const {
    Decision out;
    out.reason = reason();
    out.rule = deny_;
    out.properties = properties_.Of(claims_);
    out.issued = issued_.Of(claims_);
    return out;
  }

  Decision::Reason reason() const {
    if (deny_ != nullptr) return Decision::Reason::kDenyAction;
    return permit_ ? Decision::Reason::kPermitted : Decision::Reason::kNoPermit;
  }

 private:
  static tl::unexpected<Error> AtLine(const Error& error, const Rule& rule) {
    return Fail(error.code, error.where, "line " + std::to_string(rule.line) + ": " + error.detail);
  }

  Status Judge(const Rule& rule, size_t number) {
    VIDIMUS_TRY(const bool fires, Matches(rule));
    if (observer_ != nullptr) observer_->Saw(section_, number, fires, claims_);
    if (!fires) return {};
    made_.clear();
    VIDIMUS_CHECK_OK(Act(rule));
    if (observer_ != nullptr) observer_->Acted(section_, number, made_, claims_);
    return {};
  }

  Result<bool> Matches(const Rule& rule) {
    match_.Clear();
    for (const Condition& condition : rule.conditions) {
      matcher_.BeginCondition();
      VIDIMUS_TRY(const bool found, Collect(condition));
      if (found == condition.negated) return false;
      match_.EndCondition();
    }
    return true;
  }

  // Adds the claims that satisfy `condition` to the match; only the first one when nothing refers to them.
  Result<bool> Collect(const Condition& condition) {
    const bool of_type = condition.type != kAnyClaimType;
    const auto entries = of_type ? claims_.OfType(condition.type) : std::span<const WorkingSet::Entry>();
    const size_t count = of_type ? entries.size() : claims_.size();
    bool found = false;
    for (size_t i = 0; i < count; ++i) {
      const uint32_t claim = of_type ? entries[i].claim : static_cast<uint32_t>(i);
      VIDIMUS_TRY(const size_t unmet, matcher_.FirstUnmet(claims_[claim], condition, match_));
      if (unmet < condition.properties.size()) continue;
      found = true;
      if (condition.identifier.empty()) break;
      match_.Add(claim);
    }
    return found;
  }

  Status Act(const Rule& rule) {
    switch (rule.action) {
      case ActionKind::kPermit: permit_ = true; return {};
      case ActionKind::kDeny:
        if (deny_ == nullptr) deny_ = &rule;
        return {};
      case ActionKind::kIssueClaim: {
        // The span of matches stays good: making a claim changes no match.
        for (const uint32_t number : match_.Of(rule.claim_condition)) {
          const Claim& claim = claims_[number];
          VIDIMUS_CHECK_OK(
              Make(rule, {claim.type, claim.value, ClaimIssuer::kAttestationPolicy, claim.read_only}, program_.types.Find(claim.type)));
        }
        return {};
      }
      default: break;
    }
    VIDIMUS_TRY(PolicyValues values, matcher_.Evaluate(rule.value, match_));
    for (ClaimValue& value : values.members)
      VIDIMUS_CHECK_OK(Make(rule, {rule.claim_type, std::move(value), ClaimIssuer::kAttestationPolicy, values.read_only}, rule.made_type));
    return {};
  }

  Status Make(const Rule& rule, Claim claim, ClaimTypeId type) {
    if (claim.read_only && rule.action != ActionKind::kAdd)
      return Fail(ErrorCode::kMismatch, "policy.read_only",
                  "found a read-only value for " + Shortened(claim.type, 128) + ", expected one that may be issued");
    VIDIMUS_TRY(const uint32_t number, Hold(std::move(claim), type));
    made_.push_back(number);
    if (rule.action == ActionKind::kAdd) return {};
    (rule.action == ActionKind::kIssueProperty ? properties_ : issued_).Add(number);
    return {};
  }

  // Few octets of policy can make many of claims, and a token shows each claim twice.
  Result<uint32_t> Hold(Claim claim, ClaimTypeId type) {
    const auto* text = std::get_if<std::string>(&claim.value);
    const size_t octets = claim.type.size() + (text == nullptr ? 0 : text->size());
    if (!steps_.Spend(1 + octets / 64)) return Fail(ErrorCode::kLimit, "policy.steps", "more comparisons than a policy may take");
    if (octets > octets_left_)
      return Fail(ErrorCode::kLimit, "policy.claims", "more than " + std::to_string(limits::kPolicyClaimOctets) + " octets of claims");
    octets_left_ -= octets;
    const size_t held = claims_.OfType(type).size();
    const WorkingSet::Added added = claims_.Add(std::move(claim), type);
    if (claims_.size() > limits::kClaims)
      return Fail(ErrorCode::kLimit, "policy.claims", "more than " + std::to_string(limits::kClaims) + " claims");
    if (added.is_new && agenda_ != nullptr) agenda_->Wake(type, ViewOf(claims_[added.claim].value), held == 0);
    return added.claim;
  }

  std::array<std::byte, 4096> stack_;
  std::pmr::monotonic_buffer_resource memory_{stack_.data(), stack_.size()};
  const Program& program_;
  EvaluationObserver* observer_;
  Steps steps_;
  WorkingSet claims_;
  Matcher matcher_;
  RuleMatch match_;                  // of the rule being judged
  std::pmr::vector<uint32_t> made_;  // by the rule that acts
  Outgoing issued_, properties_;
  Agenda* agenda_ = nullptr;  // of the section being run
  PolicySection section_ = PolicySection::kConfiguration;
  size_t octets_left_ = limits::kPolicyClaimOctets;
  const Rule* deny_ = nullptr;
  bool permit_ = false;
};

}  // namespace

Result<ClaimSet> EvaluateConfiguration(const Program& program) {
  const ClaimSet none;
  if (program.configuration.rules.empty()) return none;
  Evaluation evaluation(program, none, nullptr);
  VIDIMUS_CHECK_OK(evaluation.Run(PolicySection::kConfiguration, program.configuration));
  return evaluation.Take().properties;
}

Result<Decision> Evaluate(const Program& program, const ClaimSet& incoming, EvaluationObserver* observer) {
  if (incoming.size() > limits::kClaims)
    return Fail(ErrorCode::kLimit, "policy.claims",
                "found " + std::to_string(incoming.size()) + " claims, expected at most " + std::to_string(limits::kClaims));
  VIDIMUS_TRY(const ClaimSet configured, EvaluateConfiguration(program));
  Evaluation evaluation(program, incoming, observer);
  VIDIMUS_CHECK_OK(evaluation.Start(configured));
  VIDIMUS_CHECK_OK(evaluation.Run(PolicySection::kAuthorization, program.authorization));
  if (evaluation.reason() == Decision::Reason::kPermitted) VIDIMUS_CHECK_OK(evaluation.Run(PolicySection::kIssuance, program.issuance));
  return evaluation.Take();
}

}  // namespace vidimus
