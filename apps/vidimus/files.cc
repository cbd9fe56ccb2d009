#include "files.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/limits.h"
#include "gather/bundle.h"

namespace vidimus {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> CannotRead(const std::string& path, const std::string& why) {
  return Fail(ErrorCode::kIo, "file.read", "cannot read " + path + ": " + why);
}

tl::unexpected<Error> CannotWrite(const std::string& path, const std::string& why) {
  return Fail(ErrorCode::kIo, "file.write", "cannot write " + path + ": " + why);
}

enum class MayBe { kFile, kBundle };

// Grows with what arrives, so that neither a device without an end nor a length that lies decides how much is held.
Result<ByteVector> ReadStream(std::istream& stream, const std::string& name, MayBe kind) {
  ByteVector out;
  size_t most = limits::kFileBytes;
  char block[64 * 1024];
  while (stream.read(block, sizeof block), stream.gcount() > 0) {
    const auto size = static_cast<size_t>(stream.gcount());
    if (out.size() + size > most)
      return Fail(ErrorCode::kLimit, "file.size", name + " has more than the " + std::to_string(most) + " bytes that are read");
    out.insert(out.end(), block, block + size);
    if (kind == MayBe::kBundle && out.size() == size && IsEndorsementBundle(out)) most = limits::kBundleBytes;
  }
  if (stream.bad()) return CannotRead(name, "reading failed");
  return out;
}

Result<ByteVector> Read(const std::string& path, MayBe kind) {
  if (path == "-") {
    if (std::cin.eof()) return CannotRead("standard input", "it has been read already");
    return ReadStream(std::cin, "standard input", kind);
  }
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return CannotRead(path, "it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file.is_open()) return CannotRead(path, errno == 0 ? "it does not open" : std::strerror(errno));
  return ReadStream(file, path, kind);
}

}  // namespace

Result<ByteVector> ReadFile(const std::string& path) { return Read(path, MayBe::kFile); }

Result<std::vector<NamedDocument>> ReadDocuments(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    fs::recursive_directory_iterator at(path, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error))
      if (std::error_code kind; at->is_regular_file(kind)) files.push_back(at->path().string());
    if (error) return CannotRead(path, error.message());
  }
  std::sort(files.begin(), files.end());  // the same order on every machine
  std::vector<NamedDocument> out;
  for (const std::string& file : files) {
    VIDIMUS_TRY(ByteVector content, Read(file, MayBe::kBundle));
    out.push_back({file, std::move(content)});
  }
  return WithBundlesOpened(std::move(out));
}

Status RequireReplaceable(const std::string& path) {
  std::error_code ignored;
  const fs::file_status there = fs::status(path, ignored);
  if (!fs::exists(there) || fs::is_regular_file(there)) return {};
  return CannotWrite(path, "found something else than a file there, which would be replaced");
}

Status WriteFile(const std::string& path, Bytes content) {
  errno = 0;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  const std::string_view text = AsText(content);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) return CannotWrite(path, errno == 0 ? "writing failed" : std::strerror(errno));
  return {};
}

namespace {

// What is written before a rename has to be on the disk before it, or a power cut leaves an empty file under the name.
Status FlushToDisk(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = file >= 0 && ::fsync(file) == 0;
  Status out = flushed ? Status() : Status(CannotWrite(path, std::strerror(errno)));
  if (file >= 0) ::close(file);
  return out;
}

// Written beside `target`, then put in its place.
Status WriteBeside(const fs::path& target, Bytes content, fs::perms mode) {
  VIDIMUS_CHECK_OK(RequireReplaceable(target.string()));
  std::string beside = target.string() + ".XXXXXX";
  const int file = ::mkstemp(beside.data());
  if (file < 0) return CannotWrite(target, std::strerror(errno));
  ::close(file);
  std::error_code error;
  Status written = WriteFile(beside, content);
  if (written) fs::permissions(beside, mode, error);
  if (written && !error) written = FlushToDisk(beside);
  if (written && !error) fs::rename(beside, target, error);
  if (written && error) written = CannotWrite(target, error.message());
  std::error_code ignored;
  if (!written) fs::remove(beside, ignored);
  return written;
}

}  // namespace

Status WritePrivateFile(const std::string& path, Bytes content) {
  return WriteBeside(path, content, fs::perms::owner_read | fs::perms::owner_write);
}

Status WritePublicFile(const std::string& path, Bytes content) {
  using fs::perms;
  return WriteBeside(path, content, perms::owner_read | perms::owner_write | perms::group_read | perms::others_read);
}

Status ReplaceFile(const std::string& path, Bytes content) {
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  if (error) return CannotWrite(path, error.message());
  const fs::perms mode = fs::status(target, error).permissions();
  if (error) return CannotWrite(path, error.message());
  // A rename asks only the folder, so a file that its owner closed would be replaced.
  if (::access(target.c_str(), W_OK) != 0) return CannotWrite(path, std::strerror(errno));
  return WriteBeside(target, content, mode);
}

}  // namespace vidimus
