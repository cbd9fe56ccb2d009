// Files that the command line names: read bounded from one file, standard input or the files of a folder, and written.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "endorsement/intel_endorsements.h"

namespace vidimus {

// The content of `path`, or of standard input when it is "-" (once). Stops reading one byte past limits::kFileBytes.
// Errors: file.read (missing, unreadable, a folder), file.size.
Result<ByteVector> ReadFile(const std::string& path);

// Each path is a file or a folder, whose files are taken at every depth. In the order of their names. A bundle of endorsements counts as
// the documents that it holds, and may have limits::kBundleBytes. Errors: as ReadFile, bundle.*
Result<std::vector<NamedDocument>> ReadDocuments(const std::vector<std::string>& paths);

// That a rename may put a file at `path`: nothing is there yet, or a regular file. A device that was replaced would be gone for every
// program. Error: file.write.
Status RequireReplaceable(const std::string& path);

// Replaces what was there. Error: file.write.
Status WriteFile(const std::string& path, Bytes content);

// Mode 0600, all or nothing. Error: file.write.
Status WritePrivateFile(const std::string& path, Bytes content);

// Mode 0644, all or nothing. Error: file.write.
Status WritePublicFile(const std::string& path, Bytes content);

// As WriteFile, of a file that is there, all or nothing: written beside it, then put in its place. Its mode stays; a symbolic link stays
// one. Error: file.write.
Status ReplaceFile(const std::string& path, Bytes content);

}  // namespace vidimus
