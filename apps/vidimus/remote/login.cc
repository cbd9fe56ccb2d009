// vidimus login, vidimus logout: the profile with which the other commands sign in.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "commands.h"
#include "files.h"
#include "net/http_client.h"
#include "remote/session.h"

namespace vidimus {
namespace {

struct Options {
  Profile profile;
  std::string secret_file, dev, file;
};

std::string Trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

Result<std::string> ReadSecret(const std::string& file) {
  std::string secret;
  if (!file.empty()) {
    VIDIMUS_TRY(const ByteVector octets, ReadFile(file));
    secret = Trimmed(std::string(AsText(octets)));
  } else if (const char* value = std::getenv("VIDIMUS_CLIENT_SECRET")) {
    secret = Trimmed(value);
  }
  if (secret.empty())
    return Fail(ErrorCode::kUsage, "option.client_secret",
                "found no client secret; say --client-secret-file FILE, or set VIDIMUS_CLIENT_SECRET");
  return secret;
}

// What a dev server writes about itself: {authority, tenant, client_id, client_secret}.
Status TakeDevClient(const std::string& state, Profile& profile) {
  const std::string path = state + "/client.json";
  VIDIMUS_TRY(const ByteVector text, ReadFile(path));
  const auto json = ParseJson(AsText(text));
  std::string base, tenant;
  for (const auto& [name, place] : {std::pair("authority", &base),
                                    {"tenant", &tenant},
                                    {"client_id", &profile.client.client_id},
                                    {"client_secret", &profile.client.client_secret}}) {
    const Json* member = json ? json->Find(name) : nullptr;
    if (member == nullptr || member->AsString() == nullptr)
      return Fail(ErrorCode::kUsage, "state.corrupt", path + ": found no string \"" + name + "\"; start the dev server again");
    *place = *member->AsString();
  }
  profile.client.authority = base + "/" + tenant + "/v2.0";
  if (profile.url.empty()) profile.url = base;
  if (profile.ca.empty()) profile.ca = state + "/keys/ca.pem";
  return {};
}

Result<Profile> MakeProfile(const Options& options) {
  Profile out = options.profile;
  if (!options.dev.empty()) {
    VIDIMUS_CHECK_OK(TakeDevClient(options.dev, out));
  } else {
    VIDIMUS_TRY(out.client.client_secret, ReadSecret(options.secret_file));
  }
  if (out.management_url.empty()) out.management_url = out.url;
  for (const std::string& url : {out.client.authority, out.url, out.management_url})
    if (!url.empty() && !url.starts_with("https://"))
      return Fail(ErrorCode::kUsage, "option.url", "found \"" + url + "\", expected a URL that begins with https://");
  if (!out.ca.empty()) {
    VIDIMUS_CHECK_OK(ReadFile(out.ca));
    std::error_code error;
    out.ca = std::filesystem::absolute(out.ca, error).string();  // commands run in other folders
  }
  return out;
}

Result<Json> LogIn(const Options& options) {
  VIDIMUS_TRY(const std::string path, ProfilePath(options.file));
  VIDIMUS_TRY(const Profile profile, MakeProfile(options));
  HttpClient client(profile.ca);
  VIDIMUS_CHECK_OK(RequestAccessToken(client, profile.client, profile.scope));  // a profile that does not work is not kept
  VIDIMUS_CHECK_OK(WriteProfile(path, profile));
  return Json(JsonObject{{"profile", path},
                         {"authority", profile.client.authority},
                         {"clientId", profile.client.client_id},
                         {"url", profile.url},
                         {"managementUrl", profile.management_url}});
}

int Print(const std::string& command, const Result<Json>& result) {
  if (!result) {
    PrintError(command, result.error());
    return ExitStatusOf(result.error());
  }
  std::cout << WriteJson(*result) << '\n';
  return kExitAccepted;
}

Result<Json> LogOut(const Options& options) {
  VIDIMUS_TRY(const std::string path, ProfilePath(options.file));
  VIDIMUS_TRY(const bool deleted, DeleteProfile(path));
  return Json(JsonObject{{"profile", path}, {"deleted", deleted}});
}

void AddProfileOption(CLI::App& command, Options& options) {
  command.add_option("--profile", options.file, "Instead of $XDG_CONFIG_HOME/vidimus/profile.json (~/.config by default)")
      ->type_name("FILE");
}

}  // namespace

void AddLoginCommand(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  Profile& profile = options->profile;
  profile.scope = "https://attest.azure.net/.default";
  profile.management_scope = "https://management.azure.com/.default";
  CLI::App* command = app.add_subcommand("login", "Sign in, and keep how, for the commands that manage a service.");
  command->footer(
      "Gets an access token from the OpenID provider by the client credentials grant; when that works, keeps authority, client, its\n"
      "secret, which every command needs for new tokens, and the URLs in the profile, a file of mode 0600. The secret is never an\n"
      "argument, which others on the machine could read: it comes from a file, from the variable VIDIMUS_CLIENT_SECRET, or with --dev\n"
      "from the dev server's folder.\n"
      "Exit status: 0 signed in, 1 refused or not reached, 2 wrong usage or unreadable file.");
  auto* who = command->add_option_group("client", "Who signs in: one of these");
  CLI::Option* authority = who->add_option("--authority", profile.client.authority, "The OpenID provider: exactly its issuer");
  authority->type_name("URL");
  who->add_option("--dev", options->dev, "The client of a dev server, whose state folder this is")->type_name("STATE");
  who->require_option(1);
  CLI::Option* id = command->add_option("--client-id", profile.client.client_id, "The client's name at the provider")->type_name("ID");
  id->needs(authority);
  authority->needs(id);
  command->add_option("--client-secret-file", options->secret_file, "A file with the client's secret; - is standard input")
      ->type_name("FILE")
      ->needs(authority);
  command->add_option("--scope", profile.scope, "What to ask for when calling an instance; \"\" asks for nothing in particular")
      ->type_name("SCOPE")
      ->capture_default_str();
  command->add_option("--management-scope", profile.management_scope, "The same when calling the control plane")
      ->type_name("SCOPE")
      ->capture_default_str();
  command->add_option("--ca", profile.ca, "Trust these authorities instead of the system's; with --dev STATE/keys/ca.pem")
      ->type_name("FILE");
  command->add_option("--url", profile.url, "Base URL of the instance that commands mean unless told; with --dev the default one")
      ->type_name("URL");
  command->add_option("--management-url,--arm-url", profile.management_url, "Base URL of the control plane; default: as --url")
      ->type_name("URL");
  AddProfileOption(*command, *options);
  command->callback([options, &run] { run = [options] { return Print("login", LogIn(*options)); }; });
}

void AddLogoutCommand(CLI::App& app, std::function<int()>& run) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("logout", "Delete the profile, and with it the client's secret.");
  command->footer("Exit status: 0 there is none now, 2 wrong usage, or it cannot be deleted.");
  AddProfileOption(*command, *options);
  command->callback([options, &run] { run = [options] { return Print("logout", LogOut(*options)); }; });
}

}  // namespace vidimus
