// vidimus keys: the keys with which an instance signs tokens.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "policy/inputs.h"
#include "remote/session.h"

namespace vidimus {
namespace {

struct Options {
  RemoteOptions remote;
  bool emergency = false, yes = false;
};

Result<Json> List(Session& session, const Options&) {
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  VIDIMUS_TRY(const Json body, session.BodyOf(instance.Keys()));
  const Json* keys = body.Find("keys");
  return keys == nullptr ? body : *keys;
}

Result<Json> Rotate(Session& session, const Options& options) {
  if (options.emergency)
    VIDIMUS_CHECK_OK(
        Confirm("All keys of the instance are withdrawn at once. Relying parties that hold them refuse every new token until they fetch\n"
                "/certs again, and those that fetch it refuse every token that was issued before.",
                options.yes));
  VIDIMUS_TRY(const InstanceClient instance, session.Instance());
  VIDIMUS_TRY(Json body, session.BodyOf(instance.RotateKeys(options.emergency)));
  const Json* warning = body.Find("warning");
  if (warning != nullptr && warning->AsString() != nullptr) std::cerr << "vidimus keys rotate: " << Shown(*warning->AsString()) << '\n';
  return body;
}

Result<Json> Rewrap(Session& session, const Options&) {
  VIDIMUS_TRY(const InstanceClient instance, session.InstanceAsOperator());
  return session.BodyOf(instance.RewrapKeys());
}

CLI::App* AddVerb(CLI::App& keys, std::function<int()>& run, const std::shared_ptr<Options>& options, const std::string& name,
                  const std::string& description, Result<Json> (*act)(Session&, const Options&)) {
  CLI::App* command = keys.add_subcommand(name, description);
  command->footer(kRemoteFooter);
  AddInstanceOptions(*command, options->remote);
  command->callback([=, &run] {
    run = [=] { return Session::Run("keys " + name, options->remote, [&](Session& session) { return act(session, *options); }); };
  });
  return command;
}

}  // namespace

void AddKeysCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* keys = app.add_subcommand("keys", "See and change the keys with which an instance signs tokens.");
  keys->require_subcommand(1);
  AddVerb(*keys, run, std::make_shared<Options>(), "list", "Print the keys: from when they sign, until when they are published.", List);
  const auto options = std::make_shared<Options>();
  CLI::App* rotate =
      AddVerb(*keys, run, options, "rotate", "Publish a new key now, which signs once clients had time to fetch it.", Rotate);
  CLI::Option* emergency = rotate->add_flag("--emergency", options->emergency,
                                            "Sign with the new key at once and withdraw all others: for a key that someone else may have");
  rotate->add_flag("-y,--yes", options->yes, "Do not ask")->needs(emergency);
  AddVerb(*keys, run, std::make_shared<Options>(), "rewrap", "As operator: wrap all keys of the service with its current master key.",
          Rewrap);
}

}  // namespace vidimus
