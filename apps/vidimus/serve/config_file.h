// A TOML file in which every key must be one that was asked for, and each key may be given by the environment instead.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

#include <toml++/toml.h>

namespace vidimus {

// One table of the file. Keys are asked for by their names in it; RequireNoOther, at the end, refuses the rest.
class ConfigTable {
 public:
  // Errors: config.syntax; file.read
  static Result<ConfigTable> Read(const std::string& path);

  // The value, or that of VIDIMUS_SECTION_KEY in the environment, which goes before; lists are separated by commas there. Tables of arrays
  // are not in the environment. Errors: config.type
  Result<std::optional<std::string>> Text(std::string_view key);
  Result<std::optional<int64_t>> Number(std::string_view key, int64_t least, int64_t greatest);
  Result<std::optional<double>> Fraction(std::string_view key);  // not negative
  Result<std::vector<std::string>> Texts(std::string_view key);  // empty when absent; an empty list is an error
  // Error: config.missing, with `meaning`
  Result<std::string> RequiredText(std::string_view key, std::string_view meaning);

  // [key]; an empty one when absent.
  Result<ConfigTable> Table(std::string_view key);
  // [[key]], in order.
  Result<std::vector<ConfigTable>> Tables(std::string_view key);

  // Error: config.unknown
  Status RequireNoOther() const;

  // A path is relative to the configuration file.
  std::string Resolve(const std::string& path) const;
  // "store.url".
  std::string Path(std::string_view key) const;
  bool Has(std::string_view key) const { return table_.contains(key); }

 private:
  ConfigTable(toml::table table, std::string folder, std::string path, bool in_environment)
      : table_(std::move(table)), folder_(std::move(folder)), path_(std::move(path)), in_environment_(in_environment) {}
  std::optional<std::string> Environment(std::string_view key) const;

  toml::table table_;
  std::string folder_, path_;
  bool in_environment_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace vidimus
