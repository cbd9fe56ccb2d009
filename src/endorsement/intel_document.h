// What a document that Intel publishes speaks for, and the documents held, as those who gather, list and serve them see them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "codec/json.h"
#include "crypto/digest.h"
#include "endorsement/intel_chain.h"
#include "endorsement/tcb_info.h"

namespace vidimus {

enum class IntelDocumentKind { kTcbInfo, kQeIdentity, kEvaluationNumbers, kPckCrl, kRootCrl };

struct IntelDocumentKey {
  IntelDocumentKind kind = IntelDocumentKind::kTcbInfo;
  IntelTee tee = IntelTee::kSgx;  // of CRLs always kSgx
  std::string subject;            // TCB info: FMSPC, 12 lower-case hex digits; PCK CRL: "platform" or "processor"; else empty
  std::optional<int64_t> evaluation_data_number;  // TCB info and QE identity; of a document held always there

  auto operator<=>(const IntelDocumentKey&) const = default;
};

// For people: "TDX TCB info of FMSPC 00806f050000, evaluation number 17", "CRL of the PCK Platform CA".
std::string IntelDocumentName(const IntelDocumentKey& key);

// "tcb-info", "qe-identity", "evaluation-numbers", "pck-crl", "root-crl".
std::string_view IntelDocumentKindName(IntelDocumentKind kind);

// "platform" or "processor", of the CA's common name; empty of any other name.
std::string PckCaId(std::string_view common_name);

struct HeldIntelDocument {
  IntelDocumentKey key;
  UnixTime issued = 0;  // issueDate, thisUpdate
  UnixTime next_update = 0;
  ByteVector crl_number;              // big endian, of a CRL
  Bytes content;                      // JSON as held, or the DER of a CRL; lives as long as the endorsements it is of
  std::string issuer_chain;           // PEM: who signed it, then the root; the CA of a PCK CRL where it is held
  Sha256Digest hash{};                // of the content and one NUL, as tokens name it (maa-rest-api section 2.5)
  std::optional<TrustAnchor> anchor;  // none of a PCK CRL whose CA is not held: nobody has checked it
};

// Whether `held` is what `asked` asks for: of a kind that has evaluation numbers any of them, unless it names one.
bool Answers(const HeldIntelDocument& held, const IntelDocumentKey& asked);

// In the order in which documents are listed and bundled: by what they speak for, then the older before the newer.
void SortDocuments(std::vector<HeldIntelDocument>& documents);

// "in force", "expired", or "not issued yet".
std::string_view StateAt(const HeldIntelDocument& document, UnixTime at);
// As the command and the API list it: name, kind, tee, subject, evaluationNumber of a kind that has them, issued, nextUpdate, state,
// trustAnchor (null of a document that nobody has checked) and sha256 of the content.
JsonObject DocumentToJson(const HeldIntelDocument& document, UnixTime at);

// That `offered` may take the place of `held`, which speaks for the same: by CRL number, and, of one number or none, by
// issue date.
// Error: endorsement.rollback
Status CheckNoRollback(const HeldIntelDocument& held, const HeldIntelDocument& offered);

// What the platform of a quote needs, once its PCK chain has verified to a trusted root.
struct IntelNeeds {
  IntelTee tee = IntelTee::kSgx;
  std::array<uint8_t, 6> fmspc{};
  std::string pck_ca;  // "platform" or "processor"
  std::optional<int64_t> evaluation_data_number;
};

}  // namespace vidimus
