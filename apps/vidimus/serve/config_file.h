// A TOML file in which every key must be one that was asked for, and each key may be given by the environment instead. Whoever reads it
// goes on after a problem, so that one run finds them all.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

#include <toml++/toml.h>

namespace vidimus {

struct ConfigProblem {
  int64_t line = 0;  // 0: not in the file
  std::string key;   // "store.url"
  Error error;
};

// One table of the file. Keys are asked for by their names in it; RequireNoOther, at the end, refuses the rest.
class ConfigTable {
 public:
  // Errors: config.syntax; file.read
  static Result<ConfigTable> Read(const std::string& path);

  // The value, or that of VIDIMUS_SECTION_KEY in the environment, which goes before; lists are separated by commas there. Tables of arrays
  // are not in the environment. Errors: config.type
  Result<std::optional<std::string>> Text(std::string_view key);
  Result<std::optional<int64_t>> Number(std::string_view key, int64_t least, int64_t greatest);
  Result<std::optional<double>> Fraction(std::string_view key);                       // not negative
  Result<std::optional<bool>> Flag(std::string_view key);                             // "true" or "false" in the environment
  Result<std::vector<std::string>> Texts(std::string_view key);                       // empty when absent; an empty list is an error
  Result<std::optional<std::vector<std::string>>> TextsOrNone(std::string_view key);  // none when absent, or empty in the environment
  // Error: config.missing, with `meaning`
  Result<std::string> RequiredText(std::string_view key, std::string_view meaning);

  // Puts the value into `into`; or notes the problem, which is one of `key`, and says false.
  template <typename T, typename Into>
  bool Keep(std::string_view key, Result<T> value, Into& into) {
    if (!value) return Keep(key, tl::unexpected(std::move(value).error()));
    into = *std::move(value);
    return true;
  }
  bool Keep(std::string_view key, const Status& status);

  // [key]; an empty one when absent. None, and the problem is noted, when it is something else.
  std::optional<ConfigTable> Table(std::string_view key);
  // [[key]], in order.
  std::vector<ConfigTable> Tables(std::string_view key);

  // Notes every key that was not asked for: config.unknown
  void RefuseOthers();

  // Of the whole file.
  const std::vector<ConfigProblem>& problems() const { return *problems_; }

  // A path is relative to the configuration file.
  std::string Resolve(const std::string& path) const;
  // "store.url".
  std::string Path(std::string_view key) const;
  bool Has(std::string_view key) const { return table_->contains(key); }

 private:
  using Problems = std::shared_ptr<std::vector<ConfigProblem>>;
  ConfigTable(std::shared_ptr<const toml::table> file, const toml::table* table, std::string folder, std::string path, bool in_environment,
              Problems problems)
      : file_(std::move(file)),
        table_(table),
        folder_(std::move(folder)),
        path_(std::move(path)),
        in_environment_(in_environment),
        problems_(std::move(problems)) {}
  ConfigTable Below(const toml::table* table, std::string_view key, bool in_environment) const {
    return ConfigTable(file_, table, folder_, Path(key), in_environment, problems_);
  }
  int64_t LineOf(std::string_view key) const;
  std::optional<std::string> Environment(std::string_view key) const;

  std::shared_ptr<const toml::table> file_;  // copies of nodes would not know their lines
  const toml::table* table_;
  std::string folder_, path_;
  bool in_environment_;
  Problems problems_;
  std::set<std::string, std::less<>> asked_;
};

}  // namespace vidimus
