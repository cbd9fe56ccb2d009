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

// What verification says of the platform, whatever it came to.
struct Found {
  std::optional<IntelNeeds> lacks;
  std::optional<PlatformTcb> platform;
  Status verified;
};

template <typename Verified>
Found FoundBy(const IntelVerification<Verified>& verification) {
  return {verification.lacks, verification.platform, verification.verified ? Status() : tl::unexpected(verification.verified.error())};
}

// Which platform it is does not depend on the age of what its TCB is judged by.
template <typename Settings>
Settings Lenient() {
  Settings out;
  out.expiry.ignored = true;
  return out;
}

Result<Found> VerifyEvidence(const std::string& file, const IntelEndorsements& held, UnixTime now) {
  VIDIMUS_TRY(ByteVector content, ReadFile(file));
  const ByteVector evidence = Unwrapped(std::move(content));
  const auto open_enclave = ParseOpenEnclave(evidence);
  const Bytes quote = open_enclave ? open_enclave->quote : evidence;
  if (ParseSgxQuote(quote)) return FoundBy(VerifySgx({quote, {}, {}, {}}, held, std::nullopt, Lenient<SgxSettings>(), now));
  if (ParseTdxQuote(quote)) return FoundBy(VerifyTdx({quote, {}, {}}, held, std::nullopt, Lenient<TdxSettings>(), now));
  return Fail(ErrorCode::kUnsupported, "endorsements.evidence", file + ": expected an SGX or TDX quote, or Open Enclave evidence");
}

tl::unexpected<Error> Named(const std::string& file, const Status& refused) {
  return Fail(refused.error().code, refused.error().where, file + ": " + refused.error().detail);
}

}  // namespace

Result<std::vector<NeedyPlatform>> ReadPlatforms(const std::vector<std::string>& files, const std::vector<TrustAnchor>& anchors,
                                                 UnixTime now) {
  const IntelEndorsements none(anchors);  // so that verification ends where some are needed
  std::vector<NeedyPlatform> out;
  for (const std::string& file : files) {
    VIDIMUS_TRY(Found found, VerifyEvidence(file, none, now));
    if (!found.lacks) return Named(file, found.verified);
    out.push_back({file, *std::move(found.lacks)});
  }
  return out;
}

Result<std::vector<QuotedPlatform>> ReadQuotedPlatforms(const std::vector<std::string>& files, const IntelEndorsements& held,
                                                        UnixTime now) {
  std::vector<QuotedPlatform> out;
  for (const std::string& file : files) {
    VIDIMUS_TRY(Found found, VerifyEvidence(file, held, now));
    if (!found.platform) return Named(file, found.verified);
    out.push_back({file, *std::move(found.platform)});
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

void SayWhyNot(std::string_view verb, const Error& error) {
  std::cerr << "vidimus endorsements " << verb << ": " << error.detail << " (" << error.where << ")\n";
}

}  // namespace vidimus
