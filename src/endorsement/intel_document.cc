#include "endorsement/intel_document.h"

#include <array>

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
