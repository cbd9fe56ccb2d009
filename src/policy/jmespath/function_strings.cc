// The functions of strings.
#include <algorithm>
#include <cstring>

#include "policy/jmespath/functions.h"

namespace vidimus::jmespath {
namespace {

Result<Value> Boolean(const Arguments& arguments, bool value) { return arguments.evaluation.workspace().Keep(value); }

// ASCII letters only, as names in lists of drivers are written: folding beyond it depends on a version of Unicode, and a policy means
// the same in every build.
char Folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

Result<Value> Contains(const Arguments& arguments) {
  Workspace& workspace = arguments.evaluation.workspace();
  const Value wanted = arguments.values[1];
  if (const auto array = AsArray(arguments.values[0])) {
    for (size_t i = 0; i < array->size(); ++i) {
      VIDIMUS_TRY(const bool equal, workspace.Equal((*array)[i], wanted));
      if (equal) return Boolean(arguments, true);
    }
    return Boolean(arguments, false);
  }
  const std::string& text = *AsString(arguments.values[0]);
  const auto* part = AsString(wanted);
  if (part == nullptr) return Boolean(arguments, false);
  VIDIMUS_CHECK_OK(workspace.SpendOctets(text.size() + part->size()));
  // memmem, since std::string::find takes time by the product of the sizes.
  return Boolean(arguments, memmem(text.data(), text.size(), part->data(), part->size()) != nullptr);
}

Result<Value> EndsWith(const Arguments& arguments) {
  const std::string& end = *AsString(arguments.values[1]);
  VIDIMUS_CHECK_OK(arguments.evaluation.workspace().SpendOctets(end.size()));
  return Boolean(arguments, AsString(arguments.values[0])->ends_with(end));
}

Result<Value> EqualsIgnoreCase(const Arguments& arguments) {
  const std::string& a = *AsString(arguments.values[0]);
  const std::string& b = *AsString(arguments.values[1]);
  VIDIMUS_CHECK_OK(arguments.evaluation.workspace().SpendOctets(a.size()));
  return Boolean(arguments,
                 a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return Folded(x) == Folded(y); }));
}

Result<Value> Join(const Arguments& arguments) {
  Workspace& workspace = arguments.evaluation.workspace();
  const std::string& glue = *AsString(arguments.values[0]);
  const ArrayView parts = *AsArray(arguments.values[1]);
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string& part = *AsString(parts[i]);
    VIDIMUS_CHECK_OK(workspace.SpendOctets(glue.size() + part.size()));
    if (i > 0) out += glue;
    out += part;
  }
  return workspace.Keep(std::move(out));
}

Result<Value> StartsWith(const Arguments& arguments) {
  const std::string& start = *AsString(arguments.values[1]);
  VIDIMUS_CHECK_OK(arguments.evaluation.workspace().SpendOctets(start.size()));
  return Boolean(arguments, AsString(arguments.values[0])->starts_with(start));
}

Result<Value> ToString(const Arguments& arguments) {
  const Value value = arguments.values[0];
  if (AsString(value) != nullptr) return value;
  Workspace& workspace = arguments.evaluation.workspace();
  VIDIMUS_TRY(const Json json, workspace.Copy(value));
  std::string text = WriteJson(json);
  VIDIMUS_CHECK_OK(workspace.SpendOctets(text.size()));
  return workspace.Keep(std::move(text));
}

}  // namespace vidimus::jmespath
