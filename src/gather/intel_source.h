// IntelSource: one place where Intel's endorsements may be had. What it gives is not verified.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "endorsement/intel_document.h"
#include "endorsement/intel_endorsements.h"

namespace vidimus {

// kMissing or kUnsupported: the source has no such document, or knows no such kind. kBusy: not now. kIo: no answer, or one of no sense.
struct SourceFailure {
  Error error;
  std::optional<std::chrono::seconds> retry_after;  // what the source asked for, at most limits::kRetryAfterSeconds
};

// What became of a document that a source gave. kDue: it was held before and is past half of its life, so that the next source may have a
// newer one.
enum class Taking { kUsable, kDue };

class IntelSource {
 public:
  virtual ~IntelSource() = default;
  virtual const std::string& name() const = 0;  // as configured, for messages and metrics

  // The document first, then its issuers' certificates where the source gives them. Of a kind that has evaluation numbers, without one in
  // the key: the newest that the source has. Waits; called by several threads at once.
  virtual tl::expected<std::vector<NamedDocument>, SourceFailure> Fetch(const IntelDocumentKey& key) = 0;
};

}  // namespace vidimus
