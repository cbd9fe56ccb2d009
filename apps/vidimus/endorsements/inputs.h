// What the verbs of `vidimus endorsements` share: the platforms that evidence names, documents at hand, and what is said when they cannot
// be had.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "endorsement/intel_endorsements.h"
#include "verify/platform_tcb.h"

namespace vidimus {

struct NeedyPlatform {
  std::string name;  // for messages: the file
  IntelNeeds needs;
};

// Of quotes and Open Enclave evidence, binary or as hexadecimal or base64 text of it. The PCK chain must verify to one of `anchors` and
// hold at `now`: what nobody vouches for must not choose what is fetched. Errors: as ReadFile, those of the verification of a PCK chain;
// endorsements.evidence
Result<std::vector<NeedyPlatform>> ReadPlatforms(const std::vector<std::string>& files, const std::vector<TrustAnchor>& anchors,
                                                 UnixTime now);

struct QuotedPlatform {
  std::string name;  // for messages: the file
  PlatformTcb platform;
};

// Of evidence in the same forms, whose quote must verify by what is held, to its signatures. What its TCB is worth does not count, nor the
// nextUpdate of TCB info and identities. Errors: as ReadFile, those of verification; endorsements.evidence
Result<std::vector<QuotedPlatform>> ReadQuotedPlatforms(const std::vector<std::string>& files, const IntelEndorsements& held, UnixTime now);

// Files, folders and bundles, verified. Errors: as ReadDocuments and IntelEndorsements::Load
Result<IntelEndorsements> ReadHeld(const std::vector<std::string>& paths, const std::vector<std::string>& sim_roots);

// Now, unless `text` is a time. Errors: time.*
Result<UnixTime> ReadInstant(const std::string& text);

// Says on standard error why `verb` cannot answer.
void SayWhyNot(std::string_view verb, const Error& error);

}  // namespace vidimus
