// A store in a folder of its own and a default instance in it, as `vidimus serve` has them, for tests of use cases and for benchmarks.
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "service/instances.h"

namespace vidimus::testing {

class TestService {
 public:
  explicit TestService(const std::string& issuer = "https://localhost:8443", MasterKey master = MasterKey::Generate().value())
      : vault_(std::move(master), std::nullopt, std::nullopt) {
    std::string folder = (std::filesystem::temp_directory_path() / "vidimus-service-XXXXXX").string();
    folder_ = ::mkdtemp(folder.data());
    store_ = Store::Open("sqlite:" + (folder_ / "vidimus.db").string()).value();
    InstanceRegistry::Settings settings;
    settings.addresses.default_name = "default";
    settings.addresses.url = InstanceUrlTemplate::Parse("https://{name}.attest.localhost:8443").value();
    settings.defaults.dev = true;
    settings.clock = [this] { return now; };
    registry_ = InstanceRegistry::Start(*store_, vault_, std::move(settings)).value();
    management_ = std::make_unique<Management>(Management{*store_, *registry_, vault_});
    instances_ = std::make_unique<Instances>(*management_);
    if (const Status made = instances_->EnsureDefault(issuer, JsonObject{}); !made) throw std::runtime_error(made.error().detail);
  }
  ~TestService() {
    registry_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }
  TestService(const TestService&) = delete;
  TestService& operator=(const TestService&) = delete;

  const Management& management() const { return *management_; }
  const Instances& instances() const { return *instances_; }
  InstanceRegistry& registry() { return *registry_; }
  std::shared_ptr<const Instance> instance(const std::string& name = "default") const { return registry_->Find(name).value(); }
  // The default instance, with these settings over its own.
  std::shared_ptr<const Instance> With(const JsonObject& settings) {
    const auto changed = instances_->Update(
        instance()->record.key,
        [&](Instances::Change change) -> Result<Instances::Change> {
          VIDIMUS_TRY(change.settings, PatchedSettings(change.settings, settings));
          return change;
        },
        "test");
    if (!changed) throw std::runtime_error(changed.error().detail);
    return instance();
  }

  UnixTime now = 1'780'000'000;  // 2026-05-28T20:26:40Z

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Store> store_;
  KeyVault vault_;
  std::unique_ptr<InstanceRegistry> registry_;
  std::unique_ptr<Management> management_;
  std::unique_ptr<Instances> instances_;
};

}  // namespace vidimus::testing
