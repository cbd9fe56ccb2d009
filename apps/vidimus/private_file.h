// A file that appears whole or not at all, for its owner only: written beside its place, flushed to the disk, renamed.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vidimus {

class PrivateFile {
 public:
  // Error of this and of all below: file.write
  static Result<std::unique_ptr<PrivateFile>> Create(const std::string& path);
  ~PrivateFile();  // removes what was not put in its place
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  Status Write(std::string_view text);
  Status Restart();  // forgets what was written
  Status Commit();   // replaces what was at its place; last call

 private:
  PrivateFile(std::string path, std::string beside, int file) : path_(std::move(path)), beside_(std::move(beside)), file_(file) {}
  Status Flush();

  const std::string path_, beside_;
  int file_;
  std::string buffer_;
};

}  // namespace vidimus
