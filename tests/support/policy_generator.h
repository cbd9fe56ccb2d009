// Random valid policies and claim sets, over few names and values so that rules meet each other's claims.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "claims/claim.h"

namespace vidimus::testing {

// A number from 0 up to its argument, exclusive. 0 should be the simplest choice, since shrinking goes there.
using Choose = std::function<size_t(size_t)>;

class PolicyGenerator {
 public:
  explicit PolicyGenerator(Choose choose) : choose_(std::move(choose)) {}

  // Of versions 1.0 to 1.2, with white space and comments at any place. Always compiles; may fail when it is evaluated.
  std::string Policy() {
    text_.clear();
    minor_ = choose_(4);
    if (minor_ == 3) minor_ = 2;
    Put({"version", "=", "1.", std::to_string(minor_), ";"}, false);
    if (minor_ > 0 && choose_(3) == 1) Section("configurationrules", 2, [&] { IssueProperty(); });
    Section("authorizationrules", 6, [&] { AuthorizationAction(); });
    if (choose_(4) != 3) Section("issuancerules", 6, [&] { IssuanceAction(); });
    return text_;
  }

  ClaimSet Claims() {
    ClaimSet out;
    for (size_t count = choose_(9); count > 0; --count) {
      static constexpr ClaimIssuer kIssuers[] = {ClaimIssuer::kAttestationService, ClaimIssuer::kCustomClaim,
                                                 ClaimIssuer::kAttestationPolicy};
      out.push_back({Type(), Value(), kIssuers[choose_(3)], choose_(8) == 7});
    }
    return out;
  }

 private:
  std::string Type() { return std::string(1, static_cast<char>('a' + choose_(4))); }

  ClaimValue Value() {
    switch (choose_(11)) {
      case 0: return int64_t{1};
      case 1: return int64_t{2};
      case 2: return std::string("1");
      case 3: return std::string("a");
      case 4: return true;
      case 5: return false;
      case 6: return std::string("{\"k\":[1,\"a\",true,null]}");
      case 7: return std::string("[1,2,1.0]");
      case 8: return std::string("null");
      case 9: return std::string();
      default: return std::string("AttestationService");
    }
  }

  static std::string Quoted(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    return out + '"';
  }

  static std::string Literal(const ClaimValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) return Quoted(*text);
    if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
    return std::get<bool>(value) ? "true" : "false";
  }

  // Tokens, with odd space between them where `odd`.
  void Put(const std::vector<std::string>& tokens, bool odd = true) {
    for (const std::string& token : tokens) {
      if (odd) Space();
      text_ += token;
    }
  }

  void Space() {
    const size_t kind = choose_(40);
    if (kind < 28) return;
    static const std::vector<std::string> kSpaces = {
        " ", "\t", "\r\n", "\n", "\n\n\n", " // note\n", "\n  // => permit();\n", "//\"\r\n", " // \\ } \n\n"};
    text_ += kSpaces[kind % kSpaces.size()];
  }

  void Section(const std::string& keyword, size_t most, const std::function<void()>& action) {
    Space();
    Put({keyword, "{"});
    for (size_t count = choose_(most + 1); count > 0; --count) {
      names_.clear();
      const size_t conditions = choose_(4);
      for (size_t i = 0; i < conditions; ++i) {
        if (i > 0) Put({"&&"});
        Condition();
      }
      Put({"=>"});
      action();
      Put({";"});
    }
    Put({"}", ";"});
  }

  void Condition() {
    const bool negated = minor_ == 2 && choose_(4) == 3;
    if (negated) Put({"!"});
    const bool named = !negated && choose_(2) == 1;
    const std::string name = "v" + std::to_string(names_.size());
    if (named) Put({name, ":"});
    Put({"["});
    for (size_t left = 1 + choose_(3); left > 0; --left) {
      Property();
      if (left > 1) Put({","});
    }
    Put({"]"});
    if (named) names_.push_back(name);
  }

  void Property() {
    static const std::vector<std::string> kEquality = {"==", "!="};
    static const std::vector<std::string> kOrder = {"<", "<=", ">", ">="};
    switch (choose_(9)) {
      case 0:
      case 1:
      case 2: return Put({"type", "==", Quoted(Type())});
      case 3: return Put({"value", "==", Literal(Value())});
      case 4: return Put({"value", kOrder[choose_(4)], std::to_string(choose_(3))});
      case 5:
        Put({"value", choose_(5) == 4 ? kOrder[choose_(4)] : kEquality[choose_(2)]});
        // A literal has an order only where it is an Integer.
        return names_.empty() ? Put({std::to_string(choose_(3))}) : Reference();
      case 6: return Put({"issuer", kEquality[choose_(2)], Quoted(choose_(2) == 0 ? "AttestationService" : "AttestationPolicy")});
      case 7:
        Put({choose_(2) == 0 ? "valueType" : "type", kEquality[choose_(2)]});
        return names_.empty() ? Put({Quoted(choose_(2) == 0 ? "Integer" : "a")}) : Reference();
      default: Put({"value", kEquality[choose_(2)]}); return Expression(0);
    }
  }

  void Reference() {
    static const std::vector<std::string> kProperties = {"value", "value", "value", "type", "issuer", "valueType"};
    Put({names_[choose_(names_.size())], ".", kProperties[choose_(kProperties.size())]});
  }

  void Expression(size_t depth) {
    const size_t kind = choose_(6);
    if (kind >= 3 && minor_ == 2 && depth < 3) return Call(depth);
    if (kind >= 1 && !names_.empty()) return Reference();
    Put({Literal(Value())});
  }

  void Call(size_t depth) {
    static const std::vector<std::string> kUnary = {"JsonToClaimValue", "NegateBool"};
    static const std::vector<std::string> kBinary = {"IsSubsetOf", "ContainsOnlyValue", "AppendString"};
    const size_t kind = choose_(6);
    if (kind == 5) {
      static const std::vector<std::string> kQueries = {"@", "k", "[0]", "k[1]", "[?"};
      Put({"JmesPath", "("});
      Expression(depth + 1);
      return Put({",", Quoted(kQueries[choose_(kQueries.size())]), ")"});
    }
    Put({kind < 3 ? kBinary[kind] : kUnary[kind - 3], "("});
    Expression(depth + 1);
    if (kind < 3) {
      Put({","});
      Expression(depth + 1);
    }
    Put({")"});
  }

  void Make(const std::string& action) {
    if (choose_(5) == 4) {  // either order
      Put({action, "(", "value", "="});
      Expression(0);
      return Put({",", "type", "=", Quoted(Type()), ")"});
    }
    Put({action, "(", "type", "=", Quoted(Type()), ",", "value", "="});
    Expression(0);
    Put({")"});
  }

  void IssueProperty() { Make("issueproperty"); }

  void AuthorizationAction() {
    const size_t kind = choose_(6);
    if (kind < 2) return Put({"permit", "(", ")"});
    if (kind == 2) return Put({"deny", "(", ")"});
    Make("add");
  }

  void IssuanceAction() {
    const size_t kind = choose_(6);
    if (kind == 5 && !names_.empty()) return Put({"issue", "(", "claim", "=", names_[choose_(names_.size())], ")"});
    Make(kind == 0 ? "add" : kind == 1 ? "issueproperty" : "issue");
  }

  Choose choose_;
  std::string text_;
  size_t minor_ = 0;
  std::vector<std::string> names_;  // that the rule being written may refer to
};

}  // namespace vidimus::testing
