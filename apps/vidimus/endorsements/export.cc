// vidimus endorsements export: what a running service holds, as a bundle.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "endorsements/server.h"
#include "endorsements/verbs.h"
#include "files.h"

namespace vidimus {
namespace {

struct Options {
  RemoteOptions remote;
  std::string out;
  bool history = false;
};

Result<Json> Export(Session& session, const Options& options) {
  VIDIMUS_CHECK_OK(RequireReplaceable(options.out));
  VIDIMUS_TRY(const std::string bundle, DownloadBundle(session, options.history));
  VIDIMUS_CHECK_OK(WritePublicFile(options.out, AsBytes(bundle)));
  std::cerr << bundle.size() << " bytes in " << options.out << '\n';
  return Json();
}

}  // namespace

void AddEndorsementsExport(CLI::App& endorsements, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = endorsements.add_subcommand("export", "As operator: write what a running service holds into a bundle.");
  command->footer(
      "Of each document the current issue, with the certificates of who signed it. The digests of the bundle are checked before it is\n"
      "written; whoever takes it verifies its documents.\n"
      "Signs in with the profile of `vidimus login`, or takes the access token in VIDIMUS_ACCESS_TOKEN.\n"
      "Exit status: 0 written, 1 refused, not reached or damaged, 2 wrong usage, unwritable file or no profile.");
  AddInstanceOptions(*command, options->remote);
  command->add_option("--out,--output", options->out, "The bundle; replaced if it is there")->required()->type_name("BUNDLE");
  command->add_flag("--history", options->history, "Older issues too");
  command->callback([options, &run] {
    run = [options] {
      return Session::Run("endorsements export", options->remote, [&](Session& session) { return Export(session, *options); });
    };
  });
}

}  // namespace vidimus
