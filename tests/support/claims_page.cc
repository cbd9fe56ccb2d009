#include "tests/support/claims_page.h"

#include <algorithm>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "claims/catalogue.h"

namespace vidimus::testing {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Generated from src/claims/catalogue. To change it: cmake --build build/release --target claims_page_update -->
# Claims

What evidence says, by attestation type: the claims that policies test and tokens carry, and the properties that policies set.

- **In a policy** a claim has a name, a value and an issuer, and those here have the issuer `AttestationService`. Names are compared
  exactly. A value is a String, an Integer of 64 bits or a Boolean, and no type is converted to another.
- **In a token** a claim is a JSON member of the same value; several values of one claim are an array.
- *Hex* is lower-case hexadecimal without a prefix, two digits an octet, so 32 octets are 64 digits; the octets are in the order of the
  evidence. *Base64url* has no padding. *JSON* is an object or an array in a token; in a policy it is a String that holds its text, for
  `JmesPath`.
- *Source* is the field of the evidence that the value is read from, or who says it.
- *Since* is the first version of the policy language that has the claim; "1.0–1.1" ends with 1.1.
- **Measurement** marks what identifies code, its signer or its configuration: policies pin these. **Debug** marks what tells a machine or
  an enclave that its host can look into: policies refuse it.
- **Old name** marks a second name of a claim, kept for old policies and old relying parties. Use the new one.
- **Read-only** claims may be tested and added, never issued.
- **By policy** marks what the default policy issues. All other claims in tokens are reserved: what a policy issues under such a name, or
  under any that begins with `x-vidimus-`, shows only inside `x-ms-policy`.

This build verifies evidence of SgxEnclave and OpenEnclave; policies for the other types can be written and tried with claims given as
JSON.
)";

std::string Form(const CatalogueEntry& entry) {
  switch (entry.encoding) {
    case ClaimEncoding::kPlain: return std::string(ClaimValueTypeName(entry.type));
    case ClaimEncoding::kHex: return entry.octets == 0 ? "Hex" : "Hex, " + std::to_string(entry.octets) + " octets";
    case ClaimEncoding::kBase64Url: return "Base64url";
    case ClaimEncoding::kBase64: return "Base64";
    case ClaimEncoding::kJson: return "JSON";
  }
  return "";
}

std::string_view Where(ClaimDirection direction) {
  switch (direction) {
    case ClaimDirection::kIncoming: return "policy";
    case ClaimDirection::kOutgoing: return "token";
    case ClaimDirection::kBoth: return "both";
    case ClaimDirection::kProperty: return "property";
  }
  return "";
}

std::string Meaning(const CatalogueEntry& entry) {
  std::string out;
  if (!entry.alias_of.empty()) out += "**Old name** of `" + std::string(entry.alias_of) + "`. ";
  if (entry.role == ClaimRole::kMeasurement) out += "**Measurement.** ";
  if (entry.role == ClaimRole::kDebug) out += "**Debug.** ";
  if (entry.read_only) out += "**Read-only.** ";
  if (entry.direction == ClaimDirection::kOutgoing && !entry.reserved) out += "**By policy.** ";
  return out + std::string(entry.meaning);
}

// A bar would end the cell.
std::string Row(std::initializer_list<std::string> cells) {
  std::string out = "|";
  for (const std::string& cell : cells) {
    out += ' ';
    for (const char c : cell) out += c == '|' ? std::string("\\|") : std::string(1, c);
    out += " |";
  }
  return out + "\n";
}

using Entries = std::vector<const CatalogueEntry*>;

std::string ClaimTable(const Entries& entries) {
  std::string out = "\n| claim | in | form | meaning | source | since |\n|---|---|---|---|---|---|\n";
  for (const CatalogueEntry* entry : entries) {
    const std::string since = std::string(entry->since) + (entry->until.empty() ? "" : "–" + std::string(entry->until));
    out += Row({"`" + std::string(entry->name) + "`", std::string(Where(entry->direction)), Form(*entry), Meaning(*entry),
                std::string(entry->source), since});
  }
  return out;
}

std::string PropertyTable(const Entries& entries) {
  std::string out =
      "\nProperties, which a policy sets with `issueproperty`:\n\n| property | form | meaning | default | since |\n|---|---|---|---|---|\n";
  for (const CatalogueEntry* entry : entries)
    out +=
        Row({"`" + std::string(entry->name) + "`", Form(*entry), Meaning(*entry), std::string(entry->source), std::string(entry->since)});
  return out;
}

bool InAllTypes(const CatalogueEntry& entry) {
  return std::all_of(kAttestationTypes.begin(), kAttestationTypes.end(), [&](AttestationType type) {
    const auto all = ClaimCatalogue(type);
    return std::any_of(all.begin(), all.end(), [&](const CatalogueEntry& other) {
      return other.name == entry.name && other.direction == entry.direction && other.meaning == entry.meaning;
    });
  });
}

Entries Choose(AttestationType type, bool shared, bool properties) {
  Entries out;
  for (const CatalogueEntry& entry : ClaimCatalogue(type))
    if (InAllTypes(entry) == shared && (entry.direction == ClaimDirection::kProperty) == properties) out.push_back(&entry);
  return out;
}

std::string Section(std::string_view title, std::string_view introduction, AttestationType type) {
  std::string out = "\n## " + std::string(title) + "\n\n" + std::string(introduction) + "\n" + ClaimTable(Choose(type, false, false));
  const Entries properties = Choose(type, false, true);
  return properties.empty() ? out : out + PropertyTable(properties);
}

}  // namespace

std::string ClaimsPage() {
  std::string out(kIntroduction);
  out += Section("SgxEnclave and OpenEnclave",
                 "Intel SGX enclaves. Offsets are into the report body of 384 octets, which starts at offset 48 of the quote.",
                 AttestationType::kSgxEnclave);
  out += Section("SevSnpVm", "Virtual machines on AMD SEV-SNP. Offsets are into the attestation report of 1184 octets.",
                 AttestationType::kSevSnpVm);
  out += Section("TdxVm",
                 "Virtual machines on Intel TDX. Offsets are into the TD report body, which starts at offset 48 of a quote of version 4.",
                 AttestationType::kTdxVm);
  out += Section("AzureGuest", "Virtual machines of Azure with a virtual TPM. Sources are members of the attestation information.",
                 AttestationType::kAzureGuest);
  out += Section(
      "Tpm",
      "TPM 2.0 and VBS enclaves. Claims are for policies, and a token has one only where a policy issues it. Version 1.2 leaves what\n"
      "the boot log says to the policy, which reads it from `events`. Sources are members of the request.",
      AttestationType::kTpm);
  out += "\n## Every token\n\nWhat tokens carry whatever the evidence.\n" + ClaimTable(Choose(AttestationType::kSgxEnclave, true, false));
  return out;
}

}  // namespace vidimus::testing
