#include "endorsement/intel_document.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/hex.h"
#include "crypto/crl.h"

namespace vidimus {
namespace {

constexpr std::array<std::string_view, 5> kKindNames = {"tcb-info", "qe-identity", "evaluation-numbers", "pck-crl", "root-crl"};

std::string Described(const HeldIntelDocument& document) {
  const std::string number = document.crl_number.empty() ? "" : "number " + HexEncode(document.crl_number) + " of ";
  return number + FormatRfc3339Utc(document.issued);
}

}  // namespace

std::string_view IntelDocumentKindName(IntelDocumentKind kind) { return kKindNames[static_cast<size_t>(kind)]; }

std::string IntelDocumentName(const IntelDocumentKey& key) {
  const std::string tee(IntelTeeName(key.tee));
  const std::string number =
      key.evaluation_data_number ? ", evaluation number " + std::to_string(*key.evaluation_data_number) : std::string();
  switch (key.kind) {
    case IntelDocumentKind::kTcbInfo: return tee + " TCB info of FMSPC " + key.subject + number;
    case IntelDocumentKind::kQeIdentity: return "identity of the " + tee + " quoting enclave" + number;
    case IntelDocumentKind::kEvaluationNumbers: return "list of " + tee + " evaluation numbers";
    case IntelDocumentKind::kPckCrl: return "CRL of the PCK " + std::string(key.subject == "platform" ? "Platform" : "Processor") + " CA";
    case IntelDocumentKind::kRootCrl: return "CRL of the root";
  }
  return "";
}

std::string PckCaId(std::string_view common_name) {
  if (common_name == kIntelPlatformCaName) return "platform";
  return common_name == kIntelProcessorCaName ? "processor" : "";
}

bool Answers(const HeldIntelDocument& held, const IntelDocumentKey& asked) {
  IntelDocumentKey spoken_for = held.key;
  if (!asked.evaluation_data_number) spoken_for.evaluation_data_number.reset();
  return spoken_for == asked;
}

void SortDocuments(std::vector<HeldIntelDocument>& documents) {
  std::sort(documents.begin(), documents.end(), [](const HeldIntelDocument& a, const HeldIntelDocument& b) {
    return std::tie(a.key, a.issued, a.hash) < std::tie(b.key, b.issued, b.hash);
  });
}

std::string_view StateAt(const HeldIntelDocument& document, UnixTime at) {
  if (at < document.issued) return "not issued yet";
  return at <= document.next_update ? "in force" : "expired";
}

JsonObject DocumentToJson(const HeldIntelDocument& document, UnixTime at) {
  JsonObject out = {{"name", IntelDocumentName(document.key)},
                    {"kind", IntelDocumentKindName(document.key.kind)},
                    {"tee", IntelTeeName(document.key.tee)},
                    {"subject", document.key.subject}};
  if (document.key.evaluation_data_number) out.emplace_back("evaluationNumber", *document.key.evaluation_data_number);
  out.emplace_back("issued", FormatRfc3339Utc(document.issued));
  out.emplace_back("nextUpdate", FormatRfc3339Utc(document.next_update));
  out.emplace_back("state", StateAt(document, at));
  out.emplace_back("trustAnchor", document.anchor ? Json(document.anchor->name) : Json());
  out.emplace_back("sha256", HexEncode(Sha256(document.content)));
  return out;
}

Status CheckNoRollback(const HeldIntelDocument& held, const HeldIntelDocument& offered) {
  const bool smaller = IsSmallerCrlNumber(offered.crl_number, held.crl_number);
  const bool greater = IsSmallerCrlNumber(held.crl_number, offered.crl_number);
  const bool older = smaller || (!greater && offered.issued < held.issued);
  if (!older) return {};
  return Fail(
      ErrorCode::kMismatch, "endorsement.rollback",
      IntelDocumentName(offered.key) + ": found " + Described(offered) + ", expected none before " + Described(held) + ", which is held");
}

}  // namespace vidimus
