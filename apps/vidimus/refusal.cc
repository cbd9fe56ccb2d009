#include "refusal.h"

#include <iostream>

#include "commands.h"
#include "policy/inputs.h"

namespace vidimus {
namespace {

void ShowMember(const std::string& name, const Json& value) {
  std::cerr << "  " << Shown(name) << ": " << Shown(value.AsString() == nullptr ? WriteJson(value) : *value.AsString()) << '\n';
}

}  // namespace

int ShowRefusal(int status, const Json& error) {
  std::cerr << "refused, HTTP status " << status << '\n';
  if (error.AsObject() == nullptr) return kExitRefused;
  for (const auto& [name, value] : *error.AsObject()) {
    if (name == "innererror") continue;
    if (name != "vidimus" || value.AsObject() == nullptr) {
      ShowMember(name, value);
      continue;
    }
    for (const auto& [inner, what] : *value.AsObject()) ShowMember(inner, what);
  }
  return kExitRefused;
}

}  // namespace vidimus
