#include "base/file_set.h"

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace vidimus {
namespace {

namespace fs = std::filesystem;

constexpr size_t kFileBytes = 16 * 1024;  // a PEM certificate has about 1500
constexpr size_t kFiles = 16;

tl::unexpected<Error> Io(const fs::path& path, std::string_view what) {
  return Fail(ErrorCode::kIo, "state.io", path.string() + ": cannot " + std::string(what) + ": " + std::system_category().message(errno));
}

class File {
 public:
  explicit File(int descriptor) : descriptor_(descriptor) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool ok() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

Status MakeFolder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Io(path, "make the folder");
  return {};
}

Status Flush(const fs::path& folder) {
  const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.ok() || ::fsync(file.get()) != 0) return Io(folder, "flush the folder");
  return {};
}

Status WriteNew(const fs::path& path, std::string_view content) {
  const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.ok()) return Io(path, "create the file");
  while (!content.empty()) {
    const ssize_t written = ::write(file.get(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Io(path, "write the file");
    content.remove_prefix(static_cast<size_t>(written));
  }
  if (::fsync(file.get()) != 0) return Io(path, "flush the file");
  return {};
}

Result<std::string> ReadWhole(const fs::path& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) return Io(path, "open the file");
  std::string out(kFileBytes + 1, '\0');
  size_t size = 0;
  while (size < out.size()) {
    const ssize_t found = ::read(file.get(), out.data() + size, out.size() - size);
    if (found < 0 && errno == EINTR) continue;
    if (found < 0) return Io(path, "read the file");
    if (found == 0) break;
    size += static_cast<size_t>(found);
  }
  if (size > kFileBytes)
    return Fail(ErrorCode::kLimit, "state.size", path.string() + ": larger than " + std::to_string(kFileBytes) + " bytes");
  out.resize(size);
  return out;
}

// Writes beside the final place and renames; what an interrupted process left beside it is removed. Needs the lock.
Status Save(const FileSet& files, const fs::path& folder) {
  const fs::path beside = folder.string() + ".new";
  std::error_code error;
  fs::remove_all(beside, error);
  if (error) return Fail(ErrorCode::kIo, "state.io", beside.string() + ": cannot remove it: " + error.message());
  VIDIMUS_CHECK_OK(MakeFolder(beside));
  for (const auto& [name, content] : files) VIDIMUS_CHECK_OK(WriteNew(beside / name, content));
  VIDIMUS_CHECK_OK(Flush(beside));
  if (::rename(beside.c_str(), folder.c_str()) != 0) return Io(folder, "put the folder into its place");
  return Flush(folder.parent_path());
}

Status MakeFolders(const fs::path& path) {
  if (path.empty() || path == path.root_path()) return {};
  std::error_code error;
  if (fs::is_directory(path, error)) return {};
  VIDIMUS_CHECK_OK(MakeFolders(path.parent_path()));
  return MakeFolder(path);
}

}  // namespace

Result<FileSet> ReadFileSet(const fs::path& folder) {
  FileSet files;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    if (files.size() == kFiles)
      return Fail(ErrorCode::kLimit, "state.size", folder.string() + ": more than " + std::to_string(kFiles) + " files");
    VIDIMUS_TRY(files[at->path().filename().string()], ReadWhole(at->path()));
  }
  if (error) return Fail(ErrorCode::kIo, "state.io", folder.string() + ": cannot list the folder: " + error.message());
  return files;
}

Result<FileSet> ReadOrMakeFileSet(const fs::path& folder, const std::function<Result<FileSet>()>& make) {
  VIDIMUS_CHECK_OK(MakeFolders(folder.parent_path()));
  const fs::path lock_path = folder.string() + ".lock";
  const File lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.ok()) return Io(lock_path, "open the lock");
  while (::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR) return Io(lock_path, "take the lock");
  std::error_code error;
  if (!fs::exists(folder, error)) {
    VIDIMUS_TRY(const FileSet files, make());
    VIDIMUS_CHECK_OK(Save(files, folder));
  }
  return ReadFileSet(folder);
}

}  // namespace vidimus
