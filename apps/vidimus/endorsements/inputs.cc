#include "endorsements/inputs.h"

#include <algorithm>
#include <iostream>

#include "base/base64url.h"
#include "base/hex.h"
#include "clock.h"
#include "crypto/digest.h"
#include "evidence/open_enclave.h"
#include "files.h"
#include "offline.h"
#include "verify/sgx.h"
#include "verify/tdx.h"

namespace vidimus {
namespace {

// Evidence as it is sent about: binary, or hexadecimal or base64 text.
ByteVector Unwrapped(ByteVector content) {
  std::string text(AsText(content));
  std::erase_if(text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  if (auto octets = HexDecode(text.starts_with("0x") ? std::string_view(text).substr(2) : std::string_view(text));
      octets && !octets->empty())
    return *std::move(octets);
  if (auto octets = Base64DecodeLenient(text); octets && !octets->empty()) return *std::move(octets);
  return content;
}

// Verification with no endorsement at all ends where they are needed, and says for which platform.
Result<IntelNeeds> NeedsOf(Bytes evidence, const IntelEndorsements& none, UnixTime now) {
  const auto open_enclave = ParseOpenEnclave(evidence);
  const Bytes quote = open_enclave ? open_enclave->quote : evidence;
  if (ParseSgxQuote(quote)) {
    const SgxVerification found = VerifySgx({quote, {}, {}, {}}, none, std::nullopt, {}, now);
    if (found.lacks) return *found.lacks;
    return tl::unexpected(found.verified.error());
  }
  if (ParseTdxQuote(quote)) {
    const TdxVerification found = VerifyTdx({quote, {}, {}}, none, std::nullopt, {}, now);
    if (found.lacks) return *found.lacks;
    return tl::unexpected(found.verified.error());
  }
  return Fail(ErrorCode::kUnsupported, "endorsements.evidence", "expected an SGX or TDX quote, or Open Enclave evidence");
}

}  // namespace

Result<std::vector<NeedyPlatform>> ReadPlatforms(const std::vector<std::string>& files, const std::vector<TrustAnchor>& anchors,
                                                 UnixTime now) {
  const IntelEndorsements none(anchors);
  std::vector<NeedyPlatform> out;
  for (const std::string& file : files) {
    VIDIMUS_TRY(ByteVector content, ReadFile(file));
    const ByteVector evidence = Unwrapped(std::move(content));
    auto needs = NeedsOf(evidence, none, now);
    if (!needs) return Fail(needs.error().code, needs.error().where, file + ": " + needs.error().detail);
    out.push_back({file, *std::move(needs)});
  }
  return out;
}

Result<IntelEndorsements> ReadHeld(const std::vector<std::string>& paths, const std::vector<std::string>& sim_roots) {
  VIDIMUS_TRY(std::vector<TrustAnchor> anchors, ReadAnchors(sim_roots));
  VIDIMUS_TRY(const std::vector<NamedDocument> documents, ReadDocuments(paths));
  return IntelEndorsements::Load(documents, std::move(anchors));
}

Result<UnixTime> ReadInstant(const std::string& text) {
  if (text.empty()) return SystemNow();
  return ParseRfc3339Utc(text);
}

std::string_view StateAt(const HeldIntelDocument& document, UnixTime at) {
  if (at < document.issued) return "not issued yet";
  return at <= document.next_update ? "in force" : "expired";
}

JsonObject ToJson(const HeldIntelDocument& document, UnixTime at) {
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

bool Answers(const HeldIntelDocument& held, const IntelDocumentKey& wanted) {
  IntelDocumentKey spoken_for = held.key;
  if (!wanted.evaluation_data_number) spoken_for.evaluation_data_number.reset();
  return spoken_for == wanted;
}

void SayWhyNot(std::string_view verb, const Error& error) {
  std::cerr << "vidimus endorsements " << verb << ": " << error.detail << " (" << error.where << ")\n";
}

}  // namespace vidimus
