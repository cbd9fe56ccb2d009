// A folder of small private files that appears whole or not at all: what programs keep between runs, such as keys.
//
// Files have mode 0600, folders 0700. The folder is written beside its place, flushed and renamed, under a lock that a second
// process waits for, so that processes which start at the same moment end up with the same files.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "base/result.h"

namespace vidimus {

using FileSet = std::map<std::string, std::string>;  // content by file name

// Errors: state.io, state.size
Result<FileSet> ReadFileSet(const std::filesystem::path& folder);

// What is there or, if there is no such folder, what `make` gives, which is then kept. Parent folders are made. Errors: state.io,
// state.size, those of `make`.
Result<FileSet> ReadOrMakeFileSet(const std::filesystem::path& folder, const std::function<Result<FileSet>()>& make);

}  // namespace vidimus
