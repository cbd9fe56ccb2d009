#include "sim/vendor_state.h"

#include "base/file_set.h"

namespace vidimus {
namespace {

namespace fs = std::filesystem;

fs::path Folder(const fs::path& state) { return state / "sim" / "intel"; }

Result<SimulatedIntel> Import(const fs::path& folder, const FileSet& files) {
  auto vendor = SimulatedIntel::Import(files);
  if (!vendor)
    return Fail(ErrorCode::kMalformed, "sim.state.corrupt",
                folder.string() + ": " + vendor.error().detail + " (" + std::string(vendor.error().where) +
                    "); remove the folder to have a new vendor made");
  return vendor;
}

Result<FileSet> Make() {
  VIDIMUS_TRY(const SimulatedIntel vendor, SimulatedIntel::Create());
  return vendor.Export();
}

}  // namespace

Result<SimulatedIntel> OpenSimulatedIntel(const std::filesystem::path& state) {
  const fs::path folder = Folder(state);
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return Fail(ErrorCode::kMissing, "sim.state.missing",
                "found no simulated vendor in " + folder.string() + "; start \"vidimus serve --dev\" first, with the same --state");
  VIDIMUS_TRY(const FileSet files, ReadFileSet(folder));
  return Import(folder, files);
}

Result<SimulatedIntel> OpenOrCreateSimulatedIntel(const std::filesystem::path& state) {
  const fs::path folder = Folder(state);
  VIDIMUS_TRY(const FileSet files, ReadOrMakeFileSet(folder, Make));
  return Import(folder, files);
}

}  // namespace vidimus
