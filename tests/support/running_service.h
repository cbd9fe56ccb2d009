// A dev server inside the test's own process, with a health listener, for tests that ask its routers.
#pragma once

#include <filesystem>
#include <memory>

#include <gtest/gtest.h>

#include "serve/dev.h"
#include "serve/service.h"

namespace vidimus::testing {

class WithRunningService : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string folder = (std::filesystem::temp_directory_path() / "vidimus-serve-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    DevOptions options;
    options.listen = "127.0.0.1:0";
    options.state = (folder_ / "state").string();
    auto plan = PlanDevServer(options);
    ASSERT_TRUE(plan) << plan.error().detail;
    plan->health = ListenAddress{"127.0.0.1", 0};
    auto service = RunningService::Start(*std::move(plan));
    ASSERT_TRUE(service) << service.error().detail;
    service_ = *std::move(service);
  }
  void TearDown() override {
    service_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::filesystem::path folder_;
  std::unique_ptr<RunningService> service_;
};

}  // namespace vidimus::testing
