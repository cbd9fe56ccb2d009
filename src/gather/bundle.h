// A bundle of endorsements: one file that carries documents, with who signed them, to where no source can be reached
// (docs/reference/endorsement-bundle.md). JSON lines, read as if anybody might have made them:
//
//   {"format":"vidimus-endorsements","version":1,"created":…,"documents":N}
//   {"sha256":…,"name":…,"kind":…,…,"text" or "base64":…}      N times
//   {"sha256":…}                                               of everything before this line
//
// The digests find damage. They prove nothing: what a bundle holds is verified like any other document.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/time.h"
#include "endorsement/intel_endorsements.h"

namespace vidimus {

struct EndorsementBundle {
  UnixTime created = 0;
  std::vector<NamedDocument> documents;
};

// What a reader takes at most, octets and documents.
struct BundleBounds {
  size_t bytes = limits::kBundleBytes;
  size_t documents = limits::kBundleDocuments;
  size_t document_bytes = limits::kEndorsementBytes;
};

// Whether `content` says that it is a bundle, whole or not.
bool IsEndorsementBundle(Bytes content);

// Checks every digest; verifies no document. Members that are not named above are for people and may say anything. Errors: bundle.format,
// bundle.version, bundle.limit, bundle.truncated, bundle.digest
Result<EndorsementBundle> ReadEndorsementBundle(Bytes content, const BundleBounds& bounds = {});

// `documents`, and the certificates that they were verified with; the same documents and time give the same octets. Error: bundle.limit
Result<std::string> WriteEndorsementBundle(std::vector<HeldIntelDocument> documents, UnixTime created, const BundleBounds& bounds = {});

// `documents` in their order, in as few bundles as `bounds` allow, each with all of `issuers` besides, so that each can be verified alone.
// None of no documents, unless there are issuers. Error: bundle.limit for a document that fits into none
Result<std::vector<std::string>> WriteEndorsementBundles(const std::vector<NamedDocument>& issuers,
                                                         const std::vector<NamedDocument>& documents, UnixTime created,
                                                         const BundleBounds& bounds);

// `documents`, with each bundle among them replaced by what it holds, named "BUNDLE: NAME". Errors: as ReadEndorsementBundle, and the
// detail names the bundle
Result<std::vector<NamedDocument>> WithBundlesOpened(std::vector<NamedDocument> documents);

}  // namespace vidimus
