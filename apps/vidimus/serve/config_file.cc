#include "config_file.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "../files.h"

namespace vidimus {
namespace {

tl::unexpected<Error> WrongType(const std::string& path, const std::string& expected) {
  return Fail(ErrorCode::kUsage, "config.type", "\"" + path + "\" must be " + expected);
}

template <typename T>
std::optional<T> Parsed(const std::string& text) {
  T out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

std::vector<std::string> Split(const std::string& text) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (end > begin) out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

}  // namespace

Result<ConfigTable> ConfigTable::Read(const std::string& path) {
  VIDIMUS_TRY(const ByteVector bytes, ReadFile(path));
  try {
    auto file = std::make_shared<const toml::table>(toml::parse(AsText(bytes), path));
    const toml::table* const root = file.get();
    return ConfigTable(std::move(file), root, std::filesystem::path(path).parent_path().string(), "", true,
                       std::make_shared<std::vector<ConfigProblem>>());
  } catch (const toml::parse_error& error) {
    return Fail(ErrorCode::kMalformed, "config.syntax",
                path + " line " + std::to_string(error.source().begin.line) + ": " + std::string(error.description()));
  }
}

std::string ConfigTable::Path(std::string_view key) const { return path_.empty() ? std::string(key) : path_ + "." + std::string(key); }

std::string ConfigTable::Resolve(const std::string& path) const { return (std::filesystem::path(folder_) / path).string(); }

std::optional<std::string> ConfigTable::Environment(std::string_view key) const {
  if (!in_environment_) return std::nullopt;
  std::string name = "VIDIMUS_" + Path(key);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c == '.' ? '_' : c;
  });
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

Result<std::optional<std::string>> ConfigTable::Text(std::string_view key) {
  asked_.emplace(key);
  if (auto given = Environment(key)) return given;
  const auto node = (*table_)[key];
  if (!node) return std::nullopt;
  if (!node.is_string()) return WrongType(Path(key), "a string");
  return node.ref<std::string>();
}

Result<std::optional<int64_t>> ConfigTable::Number(std::string_view key, int64_t least, int64_t greatest) {
  asked_.emplace(key);
  std::optional<int64_t> out;
  if (const auto given = Environment(key)) {
    out = Parsed<int64_t>(*given).value_or(least - 1);
  } else if (const auto node = (*table_)[key]) {
    out = node.is_integer() ? node.ref<int64_t>() : least - 1;
  }
  if (out && (*out < least || *out > greatest))
    return WrongType(Path(key), "an integer from " + std::to_string(least) + " to " + std::to_string(greatest));
  return out;
}

Result<std::optional<double>> ConfigTable::Fraction(std::string_view key) {
  asked_.emplace(key);
  std::optional<double> out;
  if (const auto given = Environment(key)) {
    out = Parsed<double>(*given).value_or(-1);
  } else if (const auto node = (*table_)[key]) {
    out = node.value<double>().value_or(-1);
  }
  if (out && !(*out >= 0 && *out <= 1e9)) return WrongType(Path(key), "a number from 0 to 1e9");
  return out;
}

Result<std::optional<bool>> ConfigTable::Flag(std::string_view key) {
  asked_.emplace(key);
  std::optional<bool> out;
  if (const auto given = Environment(key)) {
    if (*given == "true" || *given == "false") out = *given == "true";
    if (!out) return WrongType(Path(key), "true or false");
  } else if (const auto node = (*table_)[key]) {
    out = node.value_exact<bool>();
    if (!out) return WrongType(Path(key), "true or false");
  }
  return out;
}

Result<std::optional<std::vector<std::string>>> ConfigTable::TextsOrNone(std::string_view key) {
  asked_.emplace(key);
  if (const auto given = Environment(key)) {
    auto list = Split(*given);
    return list.empty() ? std::nullopt : std::optional(std::move(list));
  }
  const auto node = (*table_)[key];
  if (!node) return std::nullopt;
  const toml::array* list = node.as_array();
  if (list == nullptr || !std::all_of(list->begin(), list->end(), [](const toml::node& one) { return one.is_string(); }))
    return WrongType(Path(key), "a list of strings");
  std::vector<std::string> out;
  for (const toml::node& one : *list) out.push_back(*one.value<std::string>());
  return out;
}

Result<std::vector<std::string>> ConfigTable::Texts(std::string_view key) {
  VIDIMUS_TRY(const auto given, TextsOrNone(key));
  // Nothing accepted and nothing said are not the same.
  if (given && given->empty())
    return Fail(ErrorCode::kUsage, "config.type", "\"" + Path(key) + "\" is empty; leave it out for its default");
  return given.value_or(std::vector<std::string>());
}

Result<std::string> ConfigTable::RequiredText(std::string_view key, std::string_view meaning) {
  VIDIMUS_TRY(const auto text, Text(key));
  if (!text) return Fail(ErrorCode::kMissing, "config.missing", "found no \"" + Path(key) + "\": " + std::string(meaning));
  return *text;
}

int64_t ConfigTable::LineOf(std::string_view key) const {
  if (in_environment_ && Environment(key)) return 0;
  const auto node = (*table_)[key];
  return node ? node.node()->source().begin.line : table_->source().begin.line;
}

bool ConfigTable::Keep(std::string_view key, const Status& status) {
  if (!status) problems_->push_back({LineOf(key), Path(key), status.error()});
  return status.has_value();
}

std::optional<ConfigTable> ConfigTable::Table(std::string_view key) {
  static const toml::table kEmpty;
  asked_.emplace(key);
  const auto node = (*table_)[key];
  if (!node) return Below(&kEmpty, key, in_environment_);
  if (node.is_table()) return Below(node.as_table(), key, in_environment_);
  Keep(key, WrongType(Path(key), "a table"));
  return std::nullopt;
}

std::vector<ConfigTable> ConfigTable::Tables(std::string_view key) {
  asked_.emplace(key);
  std::vector<ConfigTable> out;
  const auto node = (*table_)[key];
  if (!node) return out;
  if (node.is_array_of_tables()) {
    for (const toml::node& one : *node.as_array()) out.push_back(Below(one.as_table(), key, false));
  } else {
    Keep(key, WrongType(Path(key), "a list of tables, [[" + Path(key) + "]]"));
  }
  return out;
}

void ConfigTable::RefuseOthers() {
  for (const auto& [key, node] : *table_) {
    if (asked_.contains(key.str())) continue;
    Keep(key.str(), Fail(ErrorCode::kUsage, "config.unknown",
                         std::string("found ") + (node.is_table() ? "table" : "key") + " \"" + Path(key.str()) +
                             "\", which Vidimus does not know; correct or remove it"));
  }
}

}  // namespace vidimus
