#include "sim/vendor_state.h"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vidimus {
namespace {

namespace fs = std::filesystem;

class VendorState : public ::testing::Test {
 protected:
  VendorState() {
    std::string pattern = (fs::temp_directory_path() / "vidimus-state-XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
    state_ = root_ / "state";
  }
  ~VendorState() override { fs::remove_all(root_); }
  fs::path folder() const { return state_ / "sim" / "intel"; }
  std::string WhereOfOpening() const {
    const auto vendor = OpenSimulatedIntel(state_);
    return vendor ? "" : std::string(vendor.error().where);
  }

  fs::path root_, state_;
};

unsigned Mode(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 0777U;
}

TEST_F(VendorState, IsMadeOnceAndThenTheSame) {
  const auto first = OpenOrCreateSimulatedIntel(state_);
  ASSERT_TRUE(first) << first.error().detail;
  const auto second = OpenOrCreateSimulatedIntel(state_);
  const auto third = OpenSimulatedIntel(state_);
  ASSERT_TRUE(second && third);
  EXPECT_EQ(second->Export(), first->Export());
  EXPECT_EQ(third->Export(), first->Export());
}

// Design section 3, invariant 9.
TEST_F(VendorState, FoldersAndFilesAreForTheirOwnerOnly) {
  ::umask(0);
  ASSERT_TRUE(OpenOrCreateSimulatedIntel(state_));
  for (const fs::path& path : {state_, state_ / "sim", folder()}) EXPECT_EQ(Mode(path), 0700U) << path;
  size_t files = 0;
  for (const auto& entry : fs::directory_iterator(folder())) {
    EXPECT_EQ(Mode(entry.path()), 0600U) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 9U);
}

TEST_F(VendorState, OpeningNeverMakesOneAndNamesTheCure) {
  const auto vendor = OpenSimulatedIntel(state_);
  ASSERT_FALSE(vendor);
  EXPECT_EQ(vendor.error().code, ErrorCode::kMissing);
  EXPECT_EQ(vendor.error().where, "sim.state.missing");
  EXPECT_NE(vendor.error().detail.find("vidimus serve --dev"), std::string::npos);
  EXPECT_FALSE(fs::exists(state_));
}

TEST_F(VendorState, ProcessesStartingTogetherEndUpWithTheSameVendor) {
  constexpr int kProcesses = 6;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto vendor = OpenOrCreateSimulatedIntel(state_);
      if (vendor) std::ofstream(root_ / ("root-" + std::to_string(i))) << vendor->RootPem() << vendor->Export().at("attestation.key");
      ::_exit(vendor ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const auto vendor = OpenSimulatedIntel(state_);
  ASSERT_TRUE(vendor);
  for (int i = 0; i < kProcesses; ++i) {
    std::ifstream file(root_ / ("root-" + std::to_string(i)));
    const std::string seen{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(seen, vendor->RootPem() + vendor->Export().at("attestation.key")) << i;
  }
}

TEST_F(VendorState, WhatAnInterruptedProcessLeftBesideItIsReplaced) {
  fs::create_directories(folder().string() + ".new");
  std::ofstream(folder().string() + ".new/root.pem") << "half";
  ASSERT_TRUE(OpenOrCreateSimulatedIntel(state_));
  EXPECT_FALSE(fs::exists(folder().string() + ".new"));
}

TEST_F(VendorState, IncompleteOrDamagedFilesAreRefusedAndNeverReplaced) {
  ASSERT_TRUE(OpenOrCreateSimulatedIntel(state_));
  const fs::path key = folder() / "root.key";
  const fs::path kept = root_ / "kept";
  fs::rename(key, kept);
  EXPECT_EQ(WhereOfOpening(), "sim.state.corrupt");
  const auto again = OpenOrCreateSimulatedIntel(state_);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().where, "sim.state.corrupt");
  EXPECT_NE(again.error().detail.find("root.key"), std::string::npos) << again.error().detail;
  std::ofstream(key) << "-----BEGIN PRIVATE KEY-----\n";
  EXPECT_EQ(WhereOfOpening(), "sim.state.corrupt");
  fs::rename(kept, key);
  EXPECT_EQ(WhereOfOpening(), "");
  std::ofstream(key, std::ios::app) << std::string(16 * 1024, '\n');
  EXPECT_EQ(WhereOfOpening(), "state.size");
}

TEST_F(VendorState, AnUnusablePathIsAnErrorOfTheOperatingSystem) {
  std::ofstream(state_) << "a file";
  const auto vendor = OpenOrCreateSimulatedIntel(state_);
  ASSERT_FALSE(vendor);
  EXPECT_EQ(vendor.error().code, ErrorCode::kIo);
  EXPECT_EQ(vendor.error().where, "state.io");
}

}  // namespace
}  // namespace vidimus
