#include "remote/profile.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "codec/json.h"
#include "files.h"

namespace vidimus {
namespace {

namespace fs = std::filesystem;

constexpr size_t kProfileBytes = 64 * 1024;

// Each member of the file and where it goes.
std::vector<std::pair<std::string, std::string*>> Members(Profile& profile) {
  return {{"authority", &profile.client.authority},
          {"clientId", &profile.client.client_id},
          {"clientSecret", &profile.client.client_secret},
          {"scope", &profile.scope},
          {"managementScope", &profile.management_scope},
          {"ca", &profile.ca},
          {"url", &profile.url},
          {"managementUrl", &profile.management_url}};
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

class OpenFile {
 public:
  explicit OpenFile(const std::string& path) : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return descriptor_; }

 private:
  int descriptor_;
};

// Asked of the open file, so that it cannot be exchanged in between.
Status RequirePrivate(int file, const std::string& path) {
  struct stat found{};
  if (::fstat(file, &found) != 0) return Fail(ErrorCode::kIo, "file.read", "cannot read " + path + ": " + std::strerror(errno));
  if (!S_ISREG(found.st_mode)) return Fail(ErrorCode::kUsage, "profile.corrupt", path + " is no file");
  if (found.st_uid != ::geteuid())
    return Fail(ErrorCode::kUsage, "profile.open", path + " belongs to someone else, expected a profile of your own; run `vidimus login`");
  if ((found.st_mode & 077) == 0) return {};
  return Fail(ErrorCode::kUsage, "profile.open",
              path + " holds a secret and others may read or write it, expected mode 0600; if nobody has, run: chmod 600 " + path);
}

Result<std::string> ReadWhole(int file, const std::string& path) {
  std::string out(kProfileBytes + 1, '\0');
  size_t size = 0;
  while (size < out.size()) {
    const ssize_t found = ::read(file, out.data() + size, out.size() - size);
    if (found < 0 && errno == EINTR) continue;
    if (found < 0) return Fail(ErrorCode::kIo, "file.read", "cannot read " + path + ": " + std::strerror(errno));
    if (found == 0) break;
    size += static_cast<size_t>(found);
  }
  out.resize(size);
  return out;
}

}  // namespace

Result<std::string> ProfilePath(const std::string& option) {
  if (!option.empty()) return option;
  const std::string config = Environment("XDG_CONFIG_HOME"), home = Environment("HOME");
  // The XDG base directory specification has relative paths ignored.
  if (config.starts_with('/')) return config + "/vidimus/profile.json";
  if (home.starts_with('/')) return home + "/.config/vidimus/profile.json";
  return Fail(ErrorCode::kUsage, "profile.place", "found neither XDG_CONFIG_HOME nor HOME in the environment; say --profile FILE");
}

Result<Profile> ReadProfile(const std::string& path) {
  errno = 0;
  const OpenFile file(path);
  if (file.get() < 0 && (errno == ENOENT || errno == ENOTDIR))
    return Fail(ErrorCode::kUsage, "profile.missing", "found no profile " + path + "; run `vidimus login`");
  if (file.get() < 0) return Fail(ErrorCode::kIo, "file.read", "cannot read " + path + ": " + std::strerror(errno));
  VIDIMUS_CHECK_OK(RequirePrivate(file.get(), path));
  VIDIMUS_TRY(const std::string text, ReadWhole(file.get(), path));
  const auto json = text.size() > kProfileBytes ? Result<Json>(Json()) : ParseJson(text);
  Profile out;
  for (const auto& [name, place] : Members(out)) {
    const Json* member = json ? json->Find(name) : nullptr;
    // What the file says is not shown: it may be the secret.
    if (member == nullptr || member->AsString() == nullptr)
      return Fail(ErrorCode::kUsage, "profile.corrupt", path + " is not a profile: found no string \"" + name + "\"; run `vidimus login`");
    *place = *member->AsString();
  }
  return out;
}

Status WriteProfile(const std::string& path, const Profile& profile) {
  Profile copy = profile;
  JsonObject out;
  for (const auto& [name, value] : Members(copy)) out.emplace_back(name, *value);
  const fs::path folder = fs::path(path).parent_path();
  std::error_code error;
  if (!folder.empty() && !fs::exists(folder, error)) {
    fs::create_directories(folder.parent_path().empty() ? fs::path(".") : folder.parent_path(), error);
    if (error || (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST))
      return Fail(ErrorCode::kIo, "file.write",
                  "cannot make the folder " + folder.string() + ": " + (error ? error.message() : std::strerror(errno)));
  }
  return WritePrivateFile(path, AsBytes(WriteJson(out) + "\n"));
}

Result<bool> DeleteProfile(const std::string& path) {
  std::error_code error;
  const bool there = fs::remove(path, error);
  if (error) return Fail(ErrorCode::kIo, "file.write", "cannot remove " + path + ": " + error.message());
  return there;
}

}  // namespace vidimus
