#include "service/offered_endorsements.h"

#include <algorithm>

#include "crypto/crl.h"
#include "endorsement/intel_recognition.h"

namespace vidimus {
namespace {

// The name stands beside the error, not in it.
Error WithoutName(Error error, const std::string& name) {
  if (error.detail.starts_with(name + ": ")) error.detail.erase(0, name.size() + 2);
  return error;
}

bool IsOlder(const OfferedEndorsements::Verified& a, const OfferedEndorsements::Verified& b) {
  if (IsSmallerCrlNumber(a.document.crl_number, b.document.crl_number)) return true;
  return !IsSmallerCrlNumber(b.document.crl_number, a.document.crl_number) && a.document.issued < b.document.issued;
}

void VerifyOne(const NamedDocument& document, const IntelEndorsements& issuers, OfferedEndorsements& out) {
  const auto holder = issuers.With({document});
  if (!holder) return out.refused.push_back({document.name, WithoutName(holder.error(), document.name)});
  const std::vector<HeldIntelDocument> held = holder->Held();
  if (held.empty())
    out.refused.push_back({document.name, {ErrorCode::kUnsupported, "endorsement.unrecognised", "no evidence is judged by this document"}});
  for (const HeldIntelDocument& one : held) {
    const Status verified = RequireVerified(one);
    if (verified)
      out.documents.push_back({document.name, *holder, one});
    else
      out.refused.push_back({document.name, verified.error()});
  }
}

}  // namespace

OfferedEndorsements VerifyEach(const std::vector<NamedDocument>& documents, const IntelEndorsements& known) {
  OfferedEndorsements out;
  IntelEndorsements issuers = known.IssuersOnly();
  std::vector<const NamedDocument*> signed_documents;
  for (const NamedDocument& document : documents) {
    const auto recognised = RecogniseIntelDocument(document.content);
    if (!recognised) {
      out.refused.push_back({document.name, recognised.error()});
    } else if (recognised->json || !recognised->crls.empty()) {
      signed_documents.push_back(&document);
    } else if (auto more = issuers.With({document})) {
      issuers = *std::move(more);
      out.issuers.push_back(document);
    } else {
      out.refused.push_back({document.name, WithoutName(more.error(), document.name)});
    }
  }
  for (const NamedDocument* const document : signed_documents) VerifyOne(*document, issuers, out);
  std::stable_sort(out.documents.begin(), out.documents.end(), IsOlder);
  return out;
}

Status RequireVerified(const HeldIntelDocument& document) {
  if (document.anchor) return {};
  return Fail(ErrorCode::kUntrusted, "endorsement.unsigned_crl",
              "found the " + IntelDocumentName(document.key) + " without the certificate that signed it, expected its issuer chain");
}

}  // namespace vidimus
