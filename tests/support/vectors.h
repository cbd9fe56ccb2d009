// Where tests find recorded evidence: the folder VIDIMUS_VECTORS names. It is not copied into the repository.
#pragma once

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "codec/json.h"

namespace vidimus::testing {

inline std::string VectorFolder() {
  const char* folder = std::getenv("VIDIMUS_VECTORS");
  return folder == nullptr ? "../shared/vectors" : folder;
}

inline ByteVector ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << "cannot read " << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

inline ByteVector ReadVector(const std::string& name) { return ReadFile(VectorFolder() + "/" + name); }

inline Json ReadVectorJson(const std::string& name) {
  const ByteVector content = ReadVector(name);
  auto json = ParseJson(AsText(content));
  EXPECT_TRUE(json) << name;
  return json ? *json : Json();
}

inline std::string Text(const Json& object, std::string_view name) {
  const Json* member = object.Find(name);
  return member == nullptr || member->AsString() == nullptr ? std::string() : *member->AsString();
}

// Recorded evidence is required where CI runs; elsewhere its absence is loud and skips.
inline bool VectorsAbsent() {
  if (std::ifstream(VectorFolder() + "/intel/index.json")) return false;
  const char* ci = std::getenv("CI");
  std::cerr << "\n*** NO RECORDED EVIDENCE in " << VectorFolder() << ": set VIDIMUS_VECTORS ***\n\n";
  if (ci != nullptr && std::string_view(ci) == "true") ADD_FAILURE() << "recorded evidence is required under CI=true";
  return true;
}

}  // namespace vidimus::testing

#define VIDIMUS_REQUIRE_VECTORS() \
  if (::vidimus::testing::VectorsAbsent()) GTEST_SKIP() << "no recorded evidence"
