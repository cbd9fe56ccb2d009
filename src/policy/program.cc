#include "policy/program.h"

namespace vidimus {

std::string_view PolicySectionName(PolicySection section) {
  switch (section) {
    case PolicySection::kConfiguration: return "configurationrules";
    case PolicySection::kAuthorization: return "authorizationrules";
    case PolicySection::kIssuance: return "issuancerules";
  }
  return "";
}

std::string_view ClaimPropertyName(ClaimProperty property) {
  switch (property) {
    case ClaimProperty::kType: return "type";
    case ClaimProperty::kValue: return "value";
    case ClaimProperty::kValueType: return "valueType";
    case ClaimProperty::kIssuer: return "issuer";
  }
  return "";
}

std::string_view ComparisonName(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual: return "==";
    case Comparison::kNotEqual: return "!=";
    case Comparison::kLess: return "<";
    case Comparison::kLessOrEqual: return "<=";
    case Comparison::kGreater: return ">";
    case Comparison::kGreaterOrEqual: return ">=";
  }
  return "";
}

std::string_view PolicyFunctionName(PolicyFunction function) {
  switch (function) {
    case PolicyFunction::kJmesPath: return "JmesPath";
    case PolicyFunction::kJsonToClaimValue: return "JsonToClaimValue";
    case PolicyFunction::kIsSubsetOf: return "IsSubsetOf";
    case PolicyFunction::kAppendString: return "AppendString";
    case PolicyFunction::kNegateBool: return "NegateBool";
    case PolicyFunction::kContainsOnlyValue: return "ContainsOnlyValue";
  }
  return "";
}

std::string_view ActionName(ActionKind action) {
  switch (action) {
    case ActionKind::kPermit: return "permit";
    case ActionKind::kDeny: return "deny";
    case ActionKind::kAdd: return "add";
    case ActionKind::kIssue:
    case ActionKind::kIssueClaim: return "issue";
    case ActionKind::kIssueProperty: return "issueproperty";
  }
  return "";
}

}  // namespace vidimus
