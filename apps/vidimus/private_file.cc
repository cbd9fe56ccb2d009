#include "private_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

#include "files.h"

namespace vidimus {
namespace {

constexpr size_t kBufferBytes = 1024 * 1024;

tl::unexpected<Error> Failed(const std::string& path) { return Fail(ErrorCode::kIo, "file.write", path + ": " + std::strerror(errno)); }

}  // namespace

Result<std::unique_ptr<PrivateFile>> PrivateFile::Create(const std::string& path) {
  VIDIMUS_CHECK_OK(RequireReplaceable(path));
  std::string beside = path + ".XXXXXX";
  const int file = ::mkstemp(beside.data());  // of mode 0600
  if (file < 0) return Failed(path);
  return std::unique_ptr<PrivateFile>(new PrivateFile(path, std::move(beside), file));
}

PrivateFile::~PrivateFile() {
  if (file_ < 0) return;
  ::close(file_);
  ::unlink(beside_.c_str());
}

Status PrivateFile::Write(std::string_view text) {
  buffer_ += text;
  return buffer_.size() < kBufferBytes ? Status() : Flush();
}

Status PrivateFile::Flush() {
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t written = ::write(file_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed(path_);
    rest.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
  return {};
}

Status PrivateFile::Restart() {
  buffer_.clear();
  if (::lseek(file_, 0, SEEK_SET) != 0 || ::ftruncate(file_, 0) != 0) return Failed(path_);
  return {};
}

Status PrivateFile::Commit() {
  VIDIMUS_CHECK_OK(Flush());
  if (::fsync(file_) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0) return Failed(path_);
  ::close(file_);
  file_ = -1;
  // The name too must outlast a loss of power.
  const std::string parent = std::filesystem::path(path_).parent_path().string();
  const int folder = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return Failed(path_);
  const bool synced = ::fsync(folder) == 0;
  ::close(folder);
  if (!synced) return Failed(path_);
  return {};
}

}  // namespace vidimus
