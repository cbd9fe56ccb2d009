// api/openapi.yaml names the routes that a dev server has, all of them and no others.
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "claims/attestation_type.h"
#include "tests/support/running_service.h"

namespace vidimus {
namespace {

using Routes = std::set<std::string>;

struct Contract {
  Routes routes;          // "GET /certs", one for each attestation type where the path has {attestationType}
  Routes health_too;      // of them, those that the health listener has as well
  Routes health_alone;    // ... and those that nothing else has
  Routes not_understood;  // lines that the reader below does not expect
};

void AddRoute(const std::string& method, const std::string& path, Routes& routes) {
  static const std::string kType = "{attestationType}";
  const size_t at = path.find(kType);
  if (at == std::string::npos) {
    routes.insert(method + " " + path);
    return;
  }
  for (const AttestationType type : kAttestationTypes)
    routes.insert(method + " " + path.substr(0, at) + std::string(AttestationTypeName(type)) + path.substr(at + kType.size()));
}

std::string MethodOf(const std::string& key) {
  for (const char* method : {"GET", "PUT", "POST", "PATCH", "DELETE"}) {
    std::string lower = method;
    for (char& c : lower) c = static_cast<char>(c + ('a' - 'A'));
    if (key == lower) return method;
  }
  return {};
}

// Of the YAML only what this file's layout needs: under `paths:`, paths by two spaces, methods by four, our marks by six.
Contract ReadContract(const std::string& file) {
  Contract out;
  std::ifstream in(file);
  bool in_paths = false;
  std::string line, path, method;
  while (std::getline(in, line)) {
    const size_t indent = line.find_first_not_of(' ');
    if (indent == std::string::npos || line[indent] == '#') continue;
    if (indent == 0) in_paths = line == "paths:";
    if (!in_paths || indent == 0) continue;
    const size_t colon = line.find(": ", indent);
    const std::string key = line.substr(indent, (colon == std::string::npos ? line.size() - 1 : colon) - indent);
    if (indent == 2) {
      path = key;
      method.clear();
      if (!path.starts_with('/') || colon != std::string::npos) out.not_understood.insert(line);
    } else if (indent == 4) {
      method = MethodOf(key);
      if (!method.empty()) AddRoute(method, path, out.routes);
      if (method.empty() && key != "parameters") out.not_understood.insert(line);
    } else if (indent == 6 && key == "x-vidimus-health-listener") {
      const std::string value = line.substr(colon + 2);
      if (value != "too" && value != "alone") out.not_understood.insert(line);
      AddRoute(method, path, value == "too" ? out.health_too : out.health_alone);
    }
  }
  return out;
}

Routes SetOf(const std::vector<std::string>& routes) {
  Routes out(routes.begin(), routes.end());
  EXPECT_EQ(out.size(), routes.size()) << "a route was added twice";
  return out;
}

class OpenApi : public testing::WithRunningService {
 protected:
  void SetUp() override {
    WithRunningService::SetUp();
    ASSERT_THAT(contract_.not_understood, ::testing::IsEmpty());
    ASSERT_THAT(contract_.routes, ::testing::Not(::testing::IsEmpty()));
  }

  const Contract contract_ = ReadContract(VIDIMUS_OPENAPI);
};

TEST_F(OpenApi, NamesEveryRouteOfTheServiceAndNoOther) {
  Routes expected = contract_.routes;
  for (const std::string& route : contract_.health_alone) expected.erase(route);
  EXPECT_THAT(SetOf(service_->router().Describe()), ::testing::ContainerEq(expected));
}

TEST_F(OpenApi, NamesEveryRouteOfTheHealthListenerAndNoOther) {
  Routes expected = contract_.health_too;
  expected.insert(contract_.health_alone.begin(), contract_.health_alone.end());
  EXPECT_THAT(SetOf(service_->health_router().Describe()), ::testing::ContainerEq(expected));
}

}  // namespace
}  // namespace vidimus
