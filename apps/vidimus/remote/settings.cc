#include "remote/settings.h"

#include <memory>

#include <CLI/CLI.hpp>

#include "files.h"
#include "remote/session.h"

namespace vidimus {
namespace {

struct Options {
  RemoteOptions remote;
  std::string file;
};

Result<Json> Show(Session& session, const Options&) {
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  return session.BodyOf(instance.Settings());
}

Result<Json> Set(Session& session, const Options& options) {
  VIDIMUS_TRY(const ByteVector text, ReadFile(options.file));
  const auto patch = ParseJson(AsText(text));
  if (!patch || patch->AsObject() == nullptr)
    return Fail(
        ErrorCode::kUsage, "option.settings",
        options.file + ": " + (patch ? "found no object" : patch.error().detail) + ", expected a JSON object of settings to change");
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  return session.BodyOf(instance.PatchSettings(*patch));
}

Result<Json> History(Session& session, const Options&) {
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  return session.BodyOf(instance.SettingsHistory());
}

CLI::App* AddVerb(CLI::App& settings, std::function<int()>& run, const std::shared_ptr<Options>& options, const std::string& name,
                  const std::string& description, Result<Json> (*act)(Session&, const Options&)) {
  CLI::App* command = settings.add_subcommand(name, description);
  command->footer(kRemoteFooter);
  AddInstanceOptions(*command, options->remote);
  command->callback([=, &run] {
    run = [=] {
      return Session::Run("instance settings " + name, options->remote, [&](Session& session) { return act(session, *options); });
    };
  });
  return command;
}

}  // namespace

void AddInstanceSettings(CLI::App& instance, std::function<int()>& run) {
  CLI::App* settings =
      instance.add_subcommand("settings", "See and change the settings of an instance: roles, token lifetime, and others.");
  settings->require_subcommand(1);
  AddVerb(*settings, run, std::make_shared<Options>(), "show", "Print the settings.", Show);
  const auto options = std::make_shared<Options>();
  AddVerb(*settings, run, options, "set", "Change those settings that a JSON object names; null goes back to the default.", Set)
      ->add_option("file", options->file, "The JSON object, a merge patch (RFC 7396); - is standard input")
      ->type_name("FILE")
      ->required();
  AddVerb(*settings, run, std::make_shared<Options>(), "history", "Print who changed which settings, and when.", History);
}

}  // namespace vidimus
