#include "policy/inputs.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include <CLI/CLI.hpp>

#include "claims/claim_file.h"
#include "commands.h"
#include "files.h"

namespace vidimus {

std::string Shown(std::string_view text) {
  std::string out;
  for (;;) {
    const size_t end = std::min(text.find('\n'), text.size());
    out += Printable(text.substr(0, end), end);
    if (end == text.size()) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

std::string AttestationTypeNames() {
  std::string out;
  for (const AttestationType type : kAttestationTypes) out += (out.empty() ? "" : ", ") + std::string(AttestationTypeName(type));
  return out;
}

CLI::Option* AddTypeOption(CLI::App& command, std::optional<AttestationType>& type, const std::string& help) {
  const auto read = [&type](const std::string& name) {
    type = FindAttestationType(name);
    if (!type) throw CLI::ValidationError("--type", "found \"" + name + "\", expected one of " + AttestationTypeNames());
  };
  return command.add_option_function<std::string>("--type", read, help + ": " + AttestationTypeNames())->type_name("TYPE");
}

void AddFormatOption(CLI::App& command, std::string& format) {
  command.add_option("--format", format, "How to print")->check(CLI::IsMember({"text", "json"}))->capture_default_str();
}

std::string FileName(const std::string& path) { return path == "-" ? "<stdin>" : path; }

Result<std::string> ReadPolicyText(const std::string& path) {
  VIDIMUS_TRY(const ByteVector octets, ReadFile(path));
  return std::string(AsText(octets));
}

Result<ClaimSet> ReadClaimsFile(const std::string& path, AttestationType type) {
  VIDIMUS_TRY(const ByteVector octets, ReadFile(path));
  auto claims = ParseJson(AsText(octets)).and_then([&](const Json& json) { return ReadClaims(json, type); });
  if (!claims) claims.error().detail = FileName(path) + ": " + claims.error().detail;
  return claims;
}

int CannotAnswer(std::string_view verb, const Error& error) {
  std::cerr << "vidimus policy " << verb << ": " << Shown(error.detail) << " (" << error.where << ")\n";
  return kExitUsage;
}

void PrintDiagnostics(std::ostream& out, const std::string& file, std::string_view text, const Diagnostics& diagnostics) {
  for (const Diagnostic& one : diagnostics.Sorted()) out << RenderDiagnostic(Shown(FileName(file)), text, one);
}

std::string Count(size_t count, std::string_view what) { return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s"); }

std::string CountOf(const Diagnostics& diagnostics) {
  const auto& all = diagnostics.all();
  const auto errors =
      static_cast<size_t>(std::count_if(all.begin(), all.end(), [](const Diagnostic& one) { return one.severity == Severity::kError; }));
  std::string out = errors == 0 ? "" : Count(errors, "error");
  if (all.size() > errors) out += (out.empty() ? "" : ", ") + Count(all.size() - errors, "warning");
  return out.empty() ? "no findings" : out;
}

void PrintMade(std::ostream& out, const Json& report) {
  for (const auto& [member, what] : {std::pair("claims", "  claim     "), std::pair("properties", "  property  ")})
    for (const auto& [name, value] : *report.Find(member)->AsObject())
      out << what << Printable(name, kShownCharacters) << " = " << Shown(WriteJson(value)) << '\n';
}

}  // namespace vidimus
