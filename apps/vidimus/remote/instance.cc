// vidimus instance: make, see, change and delete instances through the control plane.
#include <algorithm>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "remote/session.h"
#include "remote/settings.h"
#include "signing.h"
#include "token/management_claims.h"

namespace vidimus {
namespace {

struct Options {
  RemoteOptions remote;
  std::string id, name, group, subscription = "00000000-0000-0000-0000-000000000000", location;
  std::vector<std::string> tags, certificates;
  bool yes = false;
};

Result<ResourceId> IdOf(const Options& options) {
  if (!options.id.empty()) return ParseResourceId(options.id);
  if (options.name.empty() || options.group.empty())
    return Fail(ErrorCode::kUsage, "option.name", "found no resource; say --name and --resource-group, or --id");
  return ResourceId{options.subscription, options.group, options.name};
}

// "k=v" each; one empty text stands for no tags.
Result<Json> TagsOf(const std::vector<std::string>& texts) {
  JsonObject out;
  if (texts == std::vector<std::string>{""}) return Json(out);
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    const bool twice = std::any_of(out.begin(), out.end(), [&](const JsonMember& one) { return one.first == name; });
    if (equals == std::string::npos || name.empty() || twice)
      return Fail(ErrorCode::kUsage, "option.tags", "found \"" + text + "\", expected NAME=VALUE with each name once");
    out.emplace_back(name, text.substr(equals + 1));
  }
  return Json(std::move(out));
}

// As az makes them of PEM files: the first certificate of each is a signer.
Result<JsonArray> SignersOf(const std::vector<std::string>& files) {
  JsonArray out;
  for (const std::string& file : files) {
    VIDIMUS_TRY(const auto certificates, ReadCertificates(file, limits::kPolicySigners));
    for (const SignerCertificate& certificate : certificates) out.emplace_back(SignerJwk(certificate));
  }
  return out;
}

Result<Json> Create(Session& session, const Options& options) {
  VIDIMUS_TRY(const ResourceId id, IdOf(options));
  VIDIMUS_TRY(Json tags, TagsOf(options.tags));
  VIDIMUS_TRY(JsonArray signers, SignersOf(options.certificates));
  JsonObject properties;
  if (!signers.empty()) properties.emplace_back("policySigningCertificates", JsonObject{{"keys", std::move(signers)}});
  const JsonObject body{{"location", options.location}, {"tags", std::move(tags)}, {"properties", std::move(properties)}};
  VIDIMUS_TRY(const ControlPlaneClient control, session.ControlPlane());
  return session.BodyOf(control.Create(id, body));
}

Result<Json> Show(Session& session, const Options& options) {
  VIDIMUS_TRY(const ResourceId id, IdOf(options));
  VIDIMUS_TRY(const ControlPlaneClient control, session.ControlPlane());
  return session.BodyOf(control.Show(id));
}

Result<Json> Update(Session& session, const Options& options) {
  VIDIMUS_TRY(const ResourceId id, IdOf(options));
  VIDIMUS_TRY(Json tags, TagsOf(options.tags));
  VIDIMUS_TRY(const ControlPlaneClient control, session.ControlPlane());
  return session.BodyOf(control.Update(id, JsonObject{{"tags", std::move(tags)}}));
}

Result<Json> Delete(Session& session, const Options& options) {
  VIDIMUS_TRY(const ResourceId id, IdOf(options));
  VIDIMUS_CHECK_OK(Confirm(
      "Instance \"" + id.name + "\" will answer nobody any more, and its keys, policies and settings cannot be had back.", options.yes));
  VIDIMUS_TRY(const ControlPlaneClient control, session.ControlPlane());
  VIDIMUS_TRY(const ServiceAnswer answer, control.Delete(id));
  VIDIMUS_CHECK_OK(session.BodyOf(answer));
  return Json(JsonObject{{"name", id.name}, {"deleted", answer.status != 204}});
}

Result<Json> List(Session& session, const Options& options) {
  VIDIMUS_TRY(const ControlPlaneClient control, session.ControlPlane());
  VIDIMUS_TRY(const Json body, session.BodyOf(control.List(options.subscription, options.group)));
  const Json* value = body.Find("value");
  return value == nullptr ? body : *value;
}

Result<Json> ListDefault(Session& session, const Options& options) {
  VIDIMUS_TRY(const ControlPlaneClient control, session.ControlPlane());
  if (!options.location.empty()) return session.BodyOf(control.DefaultProvider(options.subscription, options.location));
  VIDIMUS_TRY(const Json body, session.BodyOf(control.DefaultProviders(options.subscription)));
  const Json* value = body.Find("value");
  return value == nullptr ? body : *value;
}

void AddResourceOptions(CLI::App& command, Options& options) {
  CLI::Option* name = command.add_option("-n,--name", options.name, "Its name: 3 to 24 letters, digits and hyphens");
  CLI::Option* group = command.add_option("-g,--resource-group", options.group, "The group that it belongs to, any word");
  CLI::Option* subscription =
      command.add_option("--subscription", options.subscription, "The subscription that it belongs to, any word")->capture_default_str();
  command.add_option("--id", options.id, "The whole resource id, instead")->excludes(name)->excludes(group)->excludes(subscription);
}

void AddScopeOptions(CLI::App& command, Options& options) {
  command.add_option("--subscription", options.subscription, "The subscription, any word")->capture_default_str();
}

void AddTagsOption(CLI::App& command, Options& options, bool required) {
  command.add_option("--tags", options.tags, "Tags, NAME=VALUE each; \"\" for none")->type_name("TAG")->required(required);
}

using Act = Result<Json> (*)(Session&, const Options&);

CLI::App* AddVerb(CLI::App& instance, std::function<int()>& run, const std::shared_ptr<Options>& options, const std::string& name,
                  const std::string& description, Act act) {
  CLI::App* command = instance.add_subcommand(name, description);
  command->footer(kRemoteFooter);
  AddControlPlaneOptions(*command, options->remote);
  command->callback([=, &run] {
    run = [=] { return Session::Run("instance " + name, options->remote, [&](Session& session) { return act(session, *options); }); };
  });
  return command;
}

void AddCreate(CLI::App& instance, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  options->location = "local";
  CLI::App* command = AddVerb(instance, run, options, "create", "Make an instance, or change the tags of one that is there.", Create);
  AddResourceOptions(*command, *options);
  command->add_option("-l,--location", options->location, "Where it is, any word")->capture_default_str();
  AddTagsOption(*command, *options, false);
  command
      ->add_option("--certs-input-path", options->certificates,
                   "Certificates of policy signers, PEM: the instance is then isolated, for ever, and takes only what one of them signed")
      ->type_name("FILE");
}

void AddDelete(CLI::App& instance, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = AddVerb(instance, run, options, "delete", "Delete an instance, which nothing brings back.", Delete);
  AddResourceOptions(*command, *options);
  command->add_flag("-y,--yes", options->yes, "Do not ask");
}

}  // namespace

void AddInstanceCommand(CLI::App& app, std::function<int()>& run) {
  CLI::App* instance = app.add_subcommand("instance", "Make, see, change and delete instances of a running service; their settings.");
  instance->require_subcommand(1);
  AddCreate(*instance, run);
  const auto shown = std::make_shared<Options>();
  AddResourceOptions(*AddVerb(*instance, run, shown, "show", "Print one instance.", Show), *shown);
  const auto listed = std::make_shared<Options>();
  CLI::App* list = AddVerb(*instance, run, listed, "list", "Print the instances of a subscription, or of one of its groups.", List);
  AddScopeOptions(*list, *listed);
  list->add_option("-g,--resource-group", listed->group, "Only those of this group");
  const auto updated = std::make_shared<Options>();
  CLI::App* update = AddVerb(*instance, run, updated, "update", "Give an instance other tags.", Update);
  AddResourceOptions(*update, *updated);
  AddTagsOption(*update, *updated, true);
  AddDelete(*instance, run);
  const auto defaults = std::make_shared<Options>();
  CLI::App* list_default = AddVerb(*instance, run, defaults, "list-default", "Print the default instance.", ListDefault);
  AddScopeOptions(*list_default, *defaults);
  list_default->add_option("-l,--location", defaults->location, "That of a location");
  AddInstanceSettings(*instance, run);
}

}  // namespace vidimus
