// A source that is a set of documents at hand: a folder, a bundle. It opens no file itself.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gather/intel_source.h"

namespace vidimus {

// Asks `read` anew for every document, so that a folder may change meanwhile; it is called by several threads at once. Of several issues
// the latest is given, of several evaluation numbers the highest unless one is asked for. Errors: those of `read`, as kIo, since they
// concern every document; gather.held (kMissing)
std::unique_ptr<IntelSource> MakeHeldSource(std::string name, std::function<Result<IntelEndorsements>()> read);

}  // namespace vidimus
