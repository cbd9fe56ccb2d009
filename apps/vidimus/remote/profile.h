// The profile: how to sign in and which service to talk to, kept between commands in one private file.
#pragma once

#include <string>

#include "base/result.h"
#include "client/access_token.h"

namespace vidimus {

struct Profile {
  ClientCredentials client;
  std::string scope, management_scope;  // asked for when calling an instance, the control plane; empty: nothing in particular
  std::string ca;                       // absolute path of a PEM file; empty for the system's authorities
  std::string url, management_url;      // of the instance and the control plane that commands mean unless told; may be empty
};

// `option`, else $XDG_CONFIG_HOME/vidimus/profile.json, else ~/.config/vidimus/profile.json. Error: profile.place without any of them
Result<std::string> ProfilePath(const std::string& option);

// Errors: profile.missing; profile.open when others than its owner, who calls, may read or write it; profile.corrupt; file.read
Result<Profile> ReadProfile(const std::string& path);

// Makes the folder, mode 0700, when there is none; the file has mode 0600 and appears whole or not at all. Error: file.write
Status WriteProfile(const std::string& path, const Profile& profile);

// Whether there was one. Error: file.write
Result<bool> DeleteProfile(const std::string& path);

}  // namespace vidimus
