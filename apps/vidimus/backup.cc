// vidimus backup, vidimus restore: the configured store to a file and back.
#include "service/backup.h"

#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "clock.h"
#include "commands.h"
#include "private_file.h"
#include "serve/config.h"

namespace vidimus {
namespace {

struct Options {
  std::string config, file;
};

class FileOutput : public BackupOutput {
 public:
  explicit FileOutput(PrivateFile& file) : file_(file) {}
  Status Restart() override { return file_.Restart(); }
  Status Write(std::string_view text) override { return file_.Write(text); }

 private:
  PrivateFile& file_;
};

// A line every now and then, for work that takes long.
BackupProgress Progress(const std::string& command) {
  using Clock = std::chrono::steady_clock;
  return [command, next = Clock::now() + std::chrono::seconds(2)](int64_t done, int64_t total) mutable {
    if (Clock::now() < next) return;
    next = Clock::now() + std::chrono::seconds(2);
    std::cerr << command << ": " << done << " of " << total << " rows\n";
  };
}

void Report(const std::string& file, const BackupHeader& header) {
  std::cout << file << ": " << header.total() << " rows";
  for (size_t i = 0; i < header.rows.size(); ++i) std::cout << (i == 0 ? ": " : ", ") << StoreTables()[i].name << " " << header.rows[i];
  std::cout << "\nmade " << FormatRfc3339Utc(header.at) << " by vidimus " << header.version << " from " << header.store << "\n";
  for (const std::string& id : header.master_keys) std::cout << "needs the master key " << id << "\n";
  if (header.pkcs11) std::cout << "needs the PKCS #11 token that holds signing keys\n";
}

int Finish(const std::string& command, const std::string& file, const Result<BackupHeader>& done) {
  if (done) {
    Report(file, *done);
    return kExitAccepted;
  }
  std::cerr << command << ": " << done.error().detail << " (" << done.error().where << ")\n";
  return kExitUsage;
}

// "vidimus-20260102T030405Z.backup".
std::string FileNameAt(UnixTime now) {
  std::string time = FormatRfc3339Utc(now);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return "vidimus-" + time + ".backup";
}

Result<BackupHeader> Backup(const std::string& config, const std::string& file, UnixTime now) {
  VIDIMUS_TRY(const std::string url, ConfiguredStoreUrl(config));
  VIDIMUS_TRY(const auto store, Store::OpenExisting(url));
  VIDIMUS_TRY(const auto out, PrivateFile::Create(file));
  FileOutput output(*out);
  VIDIMUS_TRY(BackupHeader header, WriteBackup(*store, now, VIDIMUS_VERSION, output, Progress("vidimus backup")));
  VIDIMUS_CHECK_OK(out->Commit());
  return header;
}

Result<BackupHeader> Restore(const std::string& config, const std::string& file) {
  VIDIMUS_TRY(const std::string url, ConfiguredStoreUrl(config));
  VIDIMUS_TRY(const auto master_keys, ConfiguredMasterKeys(config));
  std::ifstream in(file, std::ios::binary);
  if (!in) return Fail(ErrorCode::kIo, "file.read", file + " cannot be read");
  VIDIMUS_CHECK_OK(CheckBackupDigest(in));  // before a store is made
  VIDIMUS_TRY(const auto store, Store::Open(url));
  return RestoreBackup(in, *store, master_keys, Progress("vidimus restore"));
}

}  // namespace

void AddBackupCommands(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  const auto add = [&](const std::string& name, const std::string& what) {
    CLI::App* command = app.add_subcommand(name, what);
    command->add_option("--config", options->config, "The configuration of the service, of which [store] and [keys] count")
        ->required()
        ->type_name("FILE");
    return command;
  };
  CLI::App* backup = add("backup", "Write the configured store to a file, while services use it.");
  backup->add_option("--out", options->file, "Where to; default vidimus-TIME.backup in this folder")->type_name("FILE");
  backup->footer("Private keys are in it as the store has them, wrapped; the master key is not: keep a copy of it elsewhere.");
  backup->callback([options, &run] {
    run = [options] {
      const UnixTime now = SystemNow();
      const std::string file = options->file.empty() ? FileNameAt(now) : options->file;
      return Finish("vidimus backup", file, Backup(options->config, file, now));
    };
  });
  CLI::App* restore = add("restore", "Fill the configured store, which must be empty, from such a file.");
  restore->add_option("--in", options->file, "What `vidimus backup` has written, from either database")->required()->type_name("FILE");
  restore->callback(
      [options, &run] { run = [options] { return Finish("vidimus restore", options->file, Restore(options->config, options->file)); }; });
}

}  // namespace vidimus
