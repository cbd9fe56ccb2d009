#include "service/backup_format.h"

#include <algorithm>
#include <numeric>

#include "base/base64url.h"
#include "base/hex.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr int64_t kFormat = 1;
constexpr std::string_view kMark = "vidimus_backup", kEnd = "end", kBase64Url = "base64url";
// JSON may write one octet as six. Of longer texts the shorter form is written, so that a line has a known most.
constexpr size_t kPlainTextBytes = 64 * 1024;
constexpr size_t kMasterKeys = 1000, kShownBytes = 80;

tl::unexpected<Error> Malformed(const std::string& detail) { return Fail(ErrorCode::kMalformed, "backup.format", detail); }

tl::unexpected<Error> Truncated(int64_t lines) {
  return Fail(ErrorCode::kMalformed, "backup.truncated",
              "found an end after " + std::to_string(lines) + " whole lines, expected a last one with the number of rows and the digest");
}

Json CellToJson(const DatabaseValue& cell) {
  if (const auto* const number = std::get_if<int64_t>(&cell)) return *number;
  if (const auto* const octets = std::get_if<ByteVector>(&cell)) return Base64UrlEncode(*octets);
  const auto* const text = std::get_if<std::string>(&cell);
  if (text == nullptr) return {};
  if (text->size() <= kPlainTextBytes) return *text;
  std::string encoded = Base64UrlEncode(AsBytes(*text));
  if (WriteJson(Json(*text)).size() <= encoded.size()) return *text;
  return JsonObject{{std::string(kBase64Url), std::move(encoded)}};
}

Result<std::string> TextOf(const Json& json) {
  if (const std::string* const text = json.AsString()) return *text;
  const Json* const encoded = json.Find(kBase64Url);
  if (encoded == nullptr || encoded->AsString() == nullptr) return Malformed("found " + std::string(json.TypeName()) + ", expected a text");
  VIDIMUS_TRY(const ByteVector octets, Base64UrlDecodeStrict(*encoded->AsString()));
  return std::string(AsText(octets));
}

Result<DatabaseValue> CellOf(StoreColumn::Kind kind, const Json& json) {
  using Kind = StoreColumn::Kind;
  if (kind == Kind::kText) {
    VIDIMUS_TRY(std::string text, TextOf(json));
    return DatabaseValue(std::move(text));
  }
  if (kind == Kind::kOctets) {
    if (json.AsString() == nullptr) return Malformed("found " + std::string(json.TypeName()) + ", expected octets in base64url");
    VIDIMUS_TRY(ByteVector octets, Base64UrlDecodeStrict(*json.AsString()));
    return DatabaseValue(std::move(octets));
  }
  if (kind == Kind::kIntegerOrNull && json.is_null()) return DatabaseValue();
  if (json.AsInt() == nullptr) return Malformed("found " + std::string(json.TypeName()) + ", expected an integer");
  return DatabaseValue(*json.AsInt());
}

// The members of an object, each of which must be asked for.
class Members {
 public:
  static Result<Members> Of(const Json* json, std::string_view what) {
    if (json != nullptr && json->AsObject() != nullptr) return Members(*json, what);
    return Malformed("found no " + std::string(what) + ", expected an object");
  }
  const Json* Find(std::string_view name) {
    const Json* const found = json_.Find(name);
    if (found != nullptr) ++asked_;
    return found;
  }
  Result<std::string> Text(std::string_view name) {
    const Json* const found = Find(name);
    if (found != nullptr && found->AsString() != nullptr) return *found->AsString();
    return Malformed(what_ + ": expected a text as \"" + std::string(name) + "\"");
  }
  Result<int64_t> Count(std::string_view name) {
    const Json* const found = Find(name);
    if (found != nullptr && found->AsInt() != nullptr && *found->AsInt() >= 0) return *found->AsInt();
    return Malformed(what_ + ": expected an integer from 0 as \"" + std::string(name) + "\"");
  }
  Status NoOther() const {
    if (asked_ == json_.AsObject()->size()) return {};
    return Malformed(what_ + ": found " + std::to_string(json_.AsObject()->size()) + " members, expected " + std::to_string(asked_));
  }

 private:
  Members(const Json& json, std::string_view what) : json_(json), what_(what) {}
  const Json& json_;
  std::string what_;
  size_t asked_ = 0;
};

Result<std::vector<std::string>> MasterKeysOf(const Json* json) {
  const JsonArray* const list = json == nullptr ? nullptr : json->AsArray();
  if (list == nullptr || list->size() > kMasterKeys) return Malformed("header: expected a list of ids as \"master_keys\"");
  std::vector<std::string> out;
  for (const Json& one : *list) {
    const std::string* const id = one.AsString();
    if (id == nullptr || id->size() != 16 || !HexDecode(*id))
      return Malformed("header: expected master keys' ids of 16 hexadecimal digits");
    out.push_back(*id);
  }
  return out;
}

Status CheckVersions(int64_t format, int64_t schema) {
  const auto other = [](const std::string& what, int64_t found, const std::string& expected) {
    return Fail(ErrorCode::kUnsupported, "backup.version",
                "found a backup of " + what + " " + std::to_string(found) + ", expected " + expected +
                    ": restore it with the Vidimus that wrote it, or a later one");
  };
  if (format != kFormat) return other("format", format, std::to_string(kFormat));
  if (schema < 1 || schema > NewestSchema()) return other("schema", schema, "1 to " + std::to_string(NewestSchema()));
  return {};
}

Result<BackupHeader> HeaderOf(const Json& line) {
  VIDIMUS_TRY(Members members, Members::Of(&line, "header"));
  const Json* const format = members.Find(kMark);
  if (format == nullptr || format->AsInt() == nullptr)
    return Malformed("found no \"" + std::string(kMark) + "\" in the first line: this is no backup");
  VIDIMUS_TRY(const int64_t schema, members.Count("schema"));
  VIDIMUS_CHECK_OK(CheckVersions(*format->AsInt(), schema));
  BackupHeader out;
  VIDIMUS_TRY(const std::string at, members.Text("at"));
  VIDIMUS_TRY(out.at, ParseRfc3339Utc(at));
  VIDIMUS_TRY(out.version, members.Text("version"));
  VIDIMUS_TRY(out.store, members.Text("store"));
  VIDIMUS_TRY(out.master_keys, MasterKeysOf(members.Find("master_keys")));
  const Json* const pkcs11 = members.Find("pkcs11");
  if (pkcs11 == nullptr || pkcs11->AsBool() == nullptr) return Malformed("header: expected true or false as \"pkcs11\"");
  out.pkcs11 = *pkcs11->AsBool();
  VIDIMUS_TRY(Members rows, Members::Of(members.Find("rows"), "header's rows"));
  for (const StoreTable& table : StoreTables()) {
    out.rows.push_back(0);
    if (table.since > schema) continue;  // an older Vidimus had nothing to keep there
    VIDIMUS_TRY(out.rows.back(), rows.Count(table.name));
  }
  VIDIMUS_CHECK_OK(rows.NoOther());
  VIDIMUS_CHECK_OK(members.NoOther());
  return out;
}

// The one member of a line.
Result<const JsonMember*> OnlyMember(const Json& line) {
  const JsonObject* const object = line.AsObject();
  if (object == nullptr || object->size() != 1) return Malformed("expected an object with one member, a table's name or \"end\"");
  return &object->front();
}

Result<StoreRow> RowOf(const StoreTable& table, const Json& json) {
  VIDIMUS_TRY(Members members, Members::Of(&json, table.name));
  StoreRow out;
  for (const StoreColumn& column : table.columns) {
    const Json* const cell = members.Find(column.name);
    if (cell == nullptr) return Malformed("found no \"" + std::string(column.name) + "\" in a row of " + std::string(table.name));
    auto value = CellOf(column.kind, *cell);
    if (!value) return Malformed(std::string(table.name) + "." + std::string(column.name) + ": " + value.error().detail);
    out.push_back(*std::move(value));
  }
  VIDIMUS_CHECK_OK(members.NoOther());
  return out;
}

struct End {
  int64_t rows = 0;
  std::string sha256;
};

Result<End> EndOf(const Json& line) {
  VIDIMUS_TRY(Members outer, Members::Of(&line, "last line"));
  VIDIMUS_TRY(Members members, Members::Of(outer.Find(kEnd), "last line"));
  End out;
  VIDIMUS_TRY(out.rows, members.Count("rows"));
  VIDIMUS_TRY(out.sha256, members.Text("sha256"));
  VIDIMUS_CHECK_OK(members.NoOther());
  VIDIMUS_CHECK_OK(outer.NoOther());
  return out;
}

Status CheckDigest(const End& end, const Sha256Digest& digest) {
  if (end.sha256 == HexEncode(digest)) return {};
  return Fail(ErrorCode::kMismatch, "backup.digest",
              "found lines with SHA-256 " + HexEncode(digest) + ", expected " + Shortened(end.sha256, kShownBytes) +
                  ": the file was altered or damaged");
}

}  // namespace

int64_t BackupHeader::total() const {
  // A hostile header may name more than there can be.
  return std::accumulate(rows.begin(), rows.end(), int64_t{0}, [](int64_t a, int64_t b) {
    int64_t sum = 0;
    return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<int64_t>::max() : sum;
  });
}

std::string BackupHeaderLine(const BackupHeader& header) {
  JsonArray master_keys(header.master_keys.begin(), header.master_keys.end());
  JsonObject rows;
  for (size_t i = 0; i < header.rows.size(); ++i) rows.emplace_back(std::string(StoreTables()[i].name), header.rows[i]);
  return WriteJson(JsonObject{{std::string(kMark), kFormat},
                              {"schema", NewestSchema()},
                              {"at", FormatRfc3339Utc(header.at)},
                              {"version", header.version},
                              {"store", header.store},
                              {"master_keys", std::move(master_keys)},
                              {"pkcs11", header.pkcs11},
                              {"rows", std::move(rows)}}) +
         "\n";
}

Result<std::string> BackupRowLine(const StoreTable& table, const StoreRow& row) {
  JsonObject cells;
  for (size_t i = 0; i < row.size(); ++i) cells.emplace_back(std::string(table.columns[i].name), CellToJson(row[i]));
  std::string line = WriteJson(JsonObject{{std::string(table.name), std::move(cells)}}) + "\n";
  if (line.size() <= limits::kBackupLineBytes) return line;
  return Fail(ErrorCode::kLimit, "backup.line",
              "found a row of " + std::string(table.name) + " that takes " + std::to_string(line.size()) + " octets, expected at most " +
                  std::to_string(limits::kBackupLineBytes));
}

std::string BackupEndLine(int64_t rows, const Sha256Digest& digest) {
  return WriteJson(JsonObject{{std::string(kEnd), JsonObject{{"rows", rows}, {"sha256", HexEncode(digest)}}}}) + "\n";
}

Result<std::optional<std::string>> BackupLines::Next() {
  using Traits = std::istream::traits_type;
  before_ = digest_.Digest();
  std::string line;
  while (true) {
    const auto got = in_.rdbuf()->sbumpc();
    if (got == Traits::eof()) break;
    line += Traits::to_char_type(got);
    if (line.size() > limits::kBackupLineBytes)
      return Fail(ErrorCode::kLimit, "backup.line",
                  "line " + std::to_string(number_ + 1) + ": found more than " + std::to_string(limits::kBackupLineBytes) + " octets");
    if (line.back() != '\n') continue;
    ++number_;
    digest_.Add(AsBytes(line));
    line.pop_back();
    return std::optional(std::move(line));
  }
  if (!line.empty()) return Truncated(number_);
  return std::nullopt;
}

Result<Json> BackupReader::Line() {
  VIDIMUS_TRY(const auto line, lines_.Next());
  if (!line) return Truncated(lines_.number());
  auto json = ParseJson(*line);
  if (!json) return Malformed("line " + std::to_string(lines_.number()) + ": " + json.error().detail);
  return json;
}

Result<BackupHeader> BackupReader::Header() {
  VIDIMUS_TRY(const Json line, Line());
  VIDIMUS_TRY(header_, HeaderOf(line));
  rows_.assign(StoreTables().size(), 0);
  return header_;
}

Result<std::optional<BackupRow>> BackupReader::Next() {
  const auto here = [this](const Error& error) { return Malformed("line " + std::to_string(lines_.number()) + ": " + error.detail); };
  VIDIMUS_TRY(const Json line, Line());
  const auto member = OnlyMember(line);
  if (!member) return here(member.error());
  if ((*member)->first == kEnd) {
    VIDIMUS_CHECK_OK(End(line));
    return std::nullopt;
  }
  const auto tables = StoreTables();
  const auto found = std::find_if(tables.begin(), tables.end(), [&](const StoreTable& one) { return one.name == (*member)->first; });
  const auto at = static_cast<size_t>(found - tables.begin());
  if (at == tables.size() || at < table_)
    return Malformed("line " + std::to_string(lines_.number()) + ": found a row of \"" + Shortened((*member)->first, kShownBytes) +
                     "\", expected one of " + std::string(tables[table_].name) + " or of a table after it");
  table_ = at;
  if (++rows_[at] > header_.rows[at])
    return Fail(ErrorCode::kMismatch, "backup.rows",
                "found more rows of " + std::string(found->name) + " than the " + std::to_string(header_.rows[at]) + " of the header");
  auto row = RowOf(*found, (*member)->second);
  if (!row) return here(row.error());
  return std::optional(BackupRow{&*found, *std::move(row)});
}

Status BackupReader::End(const Json& line) {
  VIDIMUS_TRY(const vidimus::End end, EndOf(line));
  VIDIMUS_CHECK_OK(CheckDigest(end, lines_.before()));
  if (rows_ != header_.rows || end.rows != header_.total())
    return Fail(
        ErrorCode::kMismatch, "backup.rows",
        "found " + std::to_string(lines_.number() - 2) + " rows, expected " + std::to_string(header_.total()) + " as the header says");
  VIDIMUS_TRY(const auto more, lines_.Next());
  if (more) return Malformed("found a line after the last one");
  return {};
}

Status CheckBackupDigest(std::istream& in) {
  BackupLines lines(in);
  Sha256Digest before{};
  std::string last;
  while (true) {
    VIDIMUS_TRY(auto line, lines.Next());
    if (!line) break;
    before = lines.before();
    last = *std::move(line);
  }
  const auto json = ParseJson(last);
  const auto end = json ? EndOf(*json) : Result<End>(tl::unexpected(json.error()));
  if (!end) return Truncated(lines.number());
  return CheckDigest(*end, before);
}

}  // namespace vidimus
