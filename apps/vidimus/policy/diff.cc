// vidimus policy diff: what changed between two policies, by rule and by effect.
#include <algorithm>
#include <iostream>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>

#include "claims/claim_file.h"
#include "commands.h"
#include "files.h"
#include "policy/diff.h"
#include "policy/inputs.h"
#include "policy/verbs.h"
#include "token/attestation_claims.h"

namespace vidimus {
namespace {

struct Options {
  std::string before, after, format = "text";
  std::vector<std::string> claims;
  std::optional<AttestationType> type;
};

struct Side {
  std::string file;
  std::string text;
  Trial trial;  // its explanation is of the claims tried last

  const Program& program() const { return *trial.compilation.program; }
  Json Try(const ClaimSet& claims) {
    trial.explanation = Explain(program(), claims);
    return TrialReport(text, trial, false);
  }
};

struct Effect {
  std::string file;
  Json before, after;  // TrialReport

  bool same() const {
    return std::all_of(kCompared.begin(), kCompared.end(),
                       [&](std::string_view member) { return *before.Find(member) == *after.Find(member); });
  }
  static constexpr std::array<std::string_view, 4> kCompared = {"outcome", "reason", "claims", "properties"};
};

struct Differences {
  std::vector<RuleChange> rules;
  std::vector<Effect> effects;
  bool version = false;

  bool any() const {
    return version || !rules.empty() || !std::all_of(effects.begin(), effects.end(), [](const Effect& one) { return one.same(); });
  }
};

std::string_view KindName(RuleChange::Kind kind) {
  switch (kind) {
    case RuleChange::Kind::kAdded: return "added";
    case RuleChange::Kind::kRemoved: return "removed";
    case RuleChange::Kind::kChanged: return "changed";
    case RuleChange::Kind::kMoved: break;
  }
  return "moved";
}

Result<Effect> TryBoth(const NamedDocument& document, AttestationType type, Side& before, Side& after) {
  auto claims = ParseJson(AsText(document.content)).and_then([&](const Json& json) { return ReadClaims(json, type); });
  if (!claims) return Fail(claims.error().code, claims.error().where, FileName(document.name) + ": " + claims.error().detail);
  return Effect{FileName(document.name), before.Try(*claims), after.Try(*claims)};
}

Json SideToJson(const Side& side) {
  return JsonObject{
      {"file", Shown(side.file)}, {"version", "1." + std::to_string(side.program().minor_version)}, {"hash", PolicyHash(side.text)}};
}

void PrintJson(const Differences& found, const Side& before, const Side& after) {
  JsonArray rules;
  for (const RuleChange& one : found.rules)
    rules.push_back(JsonObject{{"change", KindName(one.kind)},
                               {"section", PolicySectionName(one.section)},
                               {"before", one.before ? RuleToJson(before.program(), one.section, *one.before) : Json()},
                               {"after", one.after ? RuleToJson(after.program(), one.section, *one.after) : Json()}});
  JsonArray effects;
  for (const Effect& one : found.effects)
    effects.push_back(JsonObject{{"claims", Shown(one.file)}, {"same", one.same()}, {"before", one.before}, {"after", one.after}});
  std::cout << WriteJson(JsonObject{{"same", !found.any()},
                                    {"before", SideToJson(before)},
                                    {"after", SideToJson(after)},
                                    {"rules", std::move(rules)},
                                    {"effects", std::move(effects)}})
            << '\n';
}

// The rule line by line as written, each with its number.
void PrintRule(char sign, const Side& side, PolicySection section, size_t number) {
  const Rule& rule = side.program().SectionOf(section).rules[number];
  std::string_view rest = side.program().TextOf(rule.span);
  for (size_t line = rule.line; !rest.empty(); ++line) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string at = std::to_string(line);
    at.insert(0, at.size() < 4 ? 4 - at.size() : 0, ' ');
    std::cout << sign << ' ' << at << "  " << Printable(rest.substr(0, end), limits::kErrorDetailBytes) << '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void PrintRules(const Differences& found, const Side& before, const Side& after) {
  if (found.version)
    std::cout << "- version=1." << before.program().minor_version << ";\n+ version=1." << after.program().minor_version << ";\n";
  for (const RuleChange& one : found.rules) {
    std::cout << PolicySectionName(one.section) << ": rule " << KindName(one.kind) << '\n';
    if (one.before) PrintRule('-', before, one.section, *one.before);
    if (one.after) PrintRule('+', after, one.section, *one.after);
  }
}

// The members of one object that the other has not, or has with another value.
void PrintMissing(char sign, std::string_view what, const Json& of, const Json& other) {
  for (const auto& [name, value] : *of.AsObject())
    if (const Json* same = other.Find(name); same == nullptr || *same != value)
      std::cout << "  " << sign << ' ' << what << ' ' << Printable(name, kShownCharacters) << " = " << Shown(WriteJson(value)) << '\n';
}

void PrintEffect(const Effect& effect) {
  const std::string file = Shown(effect.file);
  const std::string& before = *effect.before.Find("outcome")->AsString();
  const std::string& after = *effect.after.Find("outcome")->AsString();
  if (effect.same()) {
    std::cout << file << ": " << before << ", the same\n";
    return;
  }
  std::cout << file << ": " << before << (before == after ? ", with a difference" : " becomes " + after) << '\n';
  if (*effect.before.Find("reason") != *effect.after.Find("reason"))
    std::cout << "  - " << Shown(*effect.before.Find("message")->AsString()) << "\n  + " << Shown(*effect.after.Find("message")->AsString())
              << '\n';
  for (const auto& [member, what] : {std::pair("claims", "claim"), std::pair("properties", "property")}) {
    PrintMissing('-', what, *effect.before.Find(member), *effect.after.Find(member));
    PrintMissing('+', what, *effect.after.Find(member), *effect.before.Find(member));
  }
}

void PrintText(const Differences& found, const Side& before, const Side& after) {
  PrintRules(found, before, after);
  if (!found.version && found.rules.empty())
    std::cout << (before.text == after.text ? "the same text\n"
                                            : "the same rules; layout or comments differ, and so the x-ms-policy-hash\n");
  for (const Effect& one : found.effects) PrintEffect(one);
}

int Run(const Options& options) {
  Side sides[2];
  for (const auto& [side, file] : {std::pair(&sides[0], &options.before), std::pair(&sides[1], &options.after)}) {
    auto text = ReadPolicyText(*file);
    if (!text) return CannotAnswer("diff", text.error());
    *side = {FileName(*file), *std::move(text), {}};
    side->trial.compilation = Compile(side->text);
    if (side->trial.compilation.program) continue;
    PrintDiagnostics(std::cerr, *file, side->text, side->trial.compilation.diagnostics);
    std::cerr << "vidimus policy diff: " << Shown(side->file) << " is not a policy\n";
    return kExitUsage;
  }
  auto& [before, after] = sides;
  const auto documents = ReadDocuments(options.claims);
  if (!documents) return CannotAnswer("diff", documents.error());
  Differences found;
  found.version = before.program().minor_version != after.program().minor_version;
  found.rules = DiffRules(before.program(), after.program());
  for (const NamedDocument& document : *documents) {
    auto effect = TryBoth(document, *options.type, before, after);
    if (!effect) return CannotAnswer("diff", effect.error());
    found.effects.push_back(*std::move(effect));
  }
  options.format == "json" ? PrintJson(found, before, after) : PrintText(found, before, after);
  return found.any() ? kExitRefused : kExitAccepted;
}

}  // namespace

void AddPolicyDiff(CLI::App& policy, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = policy.add_subcommand("diff", "Compare two policies, by rule and by effect on claims.");
  command->footer(
      "Layout and comments are no difference, the order of rules is one. With --claims also what each file of claims gets from either:\n"
      "outcome, reason, issued claims and properties (see `eval --help` for the form of a claims file).\n"
      "Exit status: 0 no difference, 1 differences, 2 wrong usage, an unreadable file, or one that is no policy.");
  command->add_option("before", options->before, "The policy as it was; - is standard input")->required()->type_name("FILE");
  command->add_option("after", options->after, "The policy as it shall be; - is standard input")->required()->type_name("FILE");
  CLI::Option* type = AddTypeOption(*command, options->type, "The evidence that the claims are of");
  command->add_option("--claims", options->claims, "Files or folders of claims to try both on")->type_name("PATH")->needs(type);
  AddFormatOption(*command, options->format);
  command->callback([options, &run] { run = [options] { return Run(*options); }; });
}

}  // namespace vidimus
