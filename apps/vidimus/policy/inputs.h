// What the verbs of `vidimus policy` share: their options, the files they read, and how they print.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "claims/attestation_type.h"
#include "policy/trial.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace vidimus {

// Of a name that others chose, when it is printed for people.
inline constexpr size_t kShownCharacters = 300;
// What others wrote, for a terminal, and names of files, for JSON: as Printable shows it, but whole and with its line ends.
std::string Shown(std::string_view text);

// "SgxEnclave, OpenEnclave, ..."
std::string AttestationTypeNames();

// --type; a name that is none is refused with the list of them.
CLI::Option* AddTypeOption(CLI::App& command, std::optional<AttestationType>& type, const std::string& help);
// --format text|json; what `format` holds is the default.
void AddFormatOption(CLI::App& command, std::string& format);

// As messages name it: "<stdin>" for "-". As it is: Shown makes it fit to print.
std::string FileName(const std::string& path);

// The octets of a policy file. Errors: as ReadFile.
Result<std::string> ReadPolicyText(const std::string& path);
// A claims file (claims/claim_file.h). Errors: as ReadFile, ParseJson and ReadClaims, with the name of the file.
Result<ClaimSet> ReadClaimsFile(const std::string& path, AttestationType type);

// Says on standard error why `verb` cannot answer; returns kExitUsage.
int CannotAnswer(std::string_view verb, const Error& error);

// Every diagnostic with the line it is about.
void PrintDiagnostics(std::ostream& out, const std::string& file, std::string_view text, const Diagnostics& diagnostics);
// "2 errors, 1 warning"
std::string CountOf(const Diagnostics& diagnostics);
// "1 error", "2 errors"
std::string Count(size_t count, std::string_view what);
// "  claim     NAME = VALUE" and "  property  NAME = VALUE", one per line, of a TrialReport.
void PrintMade(std::ostream& out, const Json& report);

}  // namespace vidimus
