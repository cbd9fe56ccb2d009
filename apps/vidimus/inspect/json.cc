#include "inspect/json.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "codec/json.h"
#include "endorsement/tcb_info.h"
#include "inspect/json_members.h"

namespace vidimus::inspect {
namespace {

constexpr std::string_view kSpace = " \t\r\n";
constexpr auto kSecretMembers = std::to_array<std::string_view>({"d", "p", "q", "dp", "dq", "qi", "k"});  // RFC 7518 section 6

bool HoldsPrivateKey(std::string_view text) { return text.find("PRIVATE KEY-----") != std::string_view::npos; }

// Follows the text without building anything, so that a broken document shows what stands before the break. Whether the text is valid
// is ParseJson's business.
class Lister {
 public:
  Lister(std::string_view text, size_t base, const std::string& prefix, Inspection& out)
      : text_(text), base_(base), prefix_(prefix), out_(out), has_keys_(text.find("\"kty\"") != std::string_view::npos) {}

  bool Value(const std::string& path, std::string_view member, size_t depth) {
    SkipSpace();
    if (at_ >= text_.size()) return false;
    if (depth > limits::kJsonDepth) return false;
    if (text_[at_] != '{' && text_[at_] != '[') return Scalar(path, member);
    const size_t start = at_, end = EndOfNested();
    const std::string_view raw = text_.substr(start, end - start);
    if (depth == 1 || path.empty()) {
      Row(start, raw.size(), path.empty() ? "json" : path, raw[0] == '{' ? "object" : "array", MemberMeaning(member, {}));
    }
    if (const std::string one_row = InOneRow(raw, member); !one_row.empty()) {
      if (depth != 1)
        Row(start, raw.size(), path, one_row, MemberMeaning(member, {}));
      else
        Row(start, raw.size(), path + "[]", one_row, "");
      at_ = end;
      return true;
    }
    return raw[0] == '{' ? Object(path, depth) : Array(path, member, depth);
  }

 private:
  void SkipSpace() { at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size()); }
  void Row(size_t at, size_t size, const std::string& path, std::string_view value, std::string_view meaning) {
    out_.Add(base_ + at, size, prefix_ + (prefix_.empty() || path.empty() ? "" : ".") + path, value, meaning);
  }
  bool Next(char wanted) {
    SkipSpace();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  // Past the closing quote of the string at at_; the end of the text when it does not close.
  size_t EndOfString(size_t at) const {
    for (++at; at < text_.size(); ++at) {
      if (text_[at] == '\\')
        ++at;
      else if (text_[at] == '"')
        return at + 1;
    }
    return text_.size();
  }
  size_t EndOfNested() const {
    size_t depth = 0;
    for (size_t at = at_; at < text_.size();) {
      const char c = text_[at];
      if (c == '"') {
        at = EndOfString(at);
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      ++at;
      if ((c == '}' || c == ']') && --depth == 0) return at;
    }
    return text_.size();
  }

  // The value of an array of plain values, or the SVNs of an array of components; empty when neither.
  std::string InOneRow(std::string_view raw, std::string_view member) const {
    if (raw[0] != '[' || raw.size() > limits::kJsonBytes || !MaybeFlat(raw, member)) return {};
    const auto parsed = ParseJson(raw);
    const JsonArray* values = parsed ? parsed->AsArray() : nullptr;
    if (values == nullptr) return {};
    std::string out;
    for (const Json& value : *values) {
      const Json* shown = &value;
      if (member.ends_with("tcbcomponents")) shown = value.Find("svn");
      if (shown == nullptr || shown->AsObject() != nullptr || shown->AsArray() != nullptr) return {};
      out += (out.empty() ? "" : " ") + (shown->AsString() != nullptr ? *shown->AsString() : WriteJson(*shown));
    }
    if (HoldsPrivateKey(out)) return {};  // element by element, so that it is hidden
    return out.empty() ? "(none)" : out;
  }
  // Parsing every nested array again would cost the square of the size; only those that can be flat are.
  static bool MaybeFlat(std::string_view raw, std::string_view member) {
    constexpr size_t kComponentsBytes = 16 * 1024;  // sixteen components have about 1000
    if (member.ends_with("tcbcomponents")) return raw.size() <= kComponentsBytes;
    return raw.find_first_of("{[", 1) == std::string_view::npos;
  }

  bool Scalar(const std::string& path, std::string_view member) {
    const size_t start = at_;
    const bool string = text_[at_] == '"';
    at_ = string ? EndOfString(at_) : std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
    const std::string_view raw = text_.substr(start, at_ - start);
    if (raw.empty()) return false;
    std::string value(raw);
    if (string) {
      const auto parsed = ParseJson(raw);
      value = parsed && parsed->AsString() != nullptr ? *parsed->AsString() : std::string(raw.substr(1));
    }
    const bool secret =
        HoldsPrivateKey(value) || (has_keys_ && std::find(kSecretMembers.begin(), kSecretMembers.end(), member) != kSecretMembers.end());
    if (secret)
      Row(start, raw.size(), path, "(not shown)", "a private key, or a part of one: keep it secret");
    else
      Row(start, raw.size(), path, value, MemberMeaning(member, value));
    return true;
  }

  bool Object(const std::string& path, size_t depth) {
    ++at_;
    if (Next('}')) return true;
    do {
      SkipSpace();
      if (at_ >= text_.size() || text_[at_] != '"') return false;
      const size_t start = at_;
      at_ = EndOfString(at_);
      const auto parsed = ParseJson(text_.substr(start, at_ - start));
      if (!parsed || parsed->AsString() == nullptr) return false;
      const std::string& name = *parsed->AsString();
      if (!Next(':') || !Value(path + (path.empty() ? "" : ".") + name, name, depth + 1)) return false;
    } while (Next(','));
    return Next('}');
  }

  bool Array(const std::string& path, std::string_view member, size_t depth) {
    ++at_;
    if (Next(']')) return true;
    for (size_t i = 0;; ++i) {
      if (!Value(path + "[" + std::to_string(i) + "]", member, depth + 1)) return false;
      if (!Next(',')) return Next(']');
    }
  }

  std::string_view text_;
  size_t base_;
  const std::string& prefix_;
  Inspection& out_;
  bool has_keys_;
  size_t at_ = 0;
};

std::string Text(const Json* value) {
  if (value == nullptr) return "?";
  return value->AsString() != nullptr ? *value->AsString() : WriteJson(*value);
}

// What the strict readers of endorsements say about it.
void NoteStrict(std::string_view text, Inspection& out) {
  auto document = ParseSignedJson(text);
  Status status;
  if (!document) {
    status = tl::unexpected(document.error());
  } else if (document->name == "tcbInfo") {
    status = ParseTcbInfo(*std::move(document)).map([](const TcbInfo&) {});
  } else if (document->name == "enclaveIdentity") {
    status = ParseQeIdentity(*std::move(document)).map([](const QeIdentity&) {});
  }
  if (!status) out.Note("the strict reader refuses it, " + std::string(status.error().where) + ": " + status.error().detail);
}

}  // namespace

std::string JsonKind(std::string_view text) {
  const auto parsed = ParseJson(text);
  if (!parsed)
    return text.starts_with("{\"tcbInfo\"")           ? "Intel TCB info, broken"
           : text.starts_with("{\"enclaveIdentity\"") ? "Intel enclave identity, broken"
                                                      : "JSON, broken";
  if (const Json* info = parsed->Find("tcbInfo")) {
    const Json* id = info->Find("id");  // version 2 has none and is always SGX's
    return "Intel " + (id == nullptr ? "SGX" : Text(id)) + " TCB info, version " + Text(info->Find("version"));
  }
  if (const Json* identity = parsed->Find("enclaveIdentity"))
    return "Intel enclave identity " + Text(identity->Find("id")) + ", version " + Text(identity->Find("version"));
  if (const Json* numbers = parsed->Find("tcbEvaluationDataNumbers"))
    return "Intel TCB evaluation data numbers of " + Text(numbers->Find("id"));
  if (parsed->Find("kty") != nullptr) return "JSON Web Key";
  if (const Json* keys = parsed->Find("keys"); keys != nullptr && keys->AsArray() != nullptr) return "JSON Web Key set";
  return "JSON";
}

void DescribeJson(std::string_view text, size_t base, const std::string& prefix, Inspection& out) {
  if (text.size() <= limits::kJsonBytes) Lister(text, base, prefix, out).Value("", "", 0);
  if (const auto parsed = ParseJson(text); !parsed)
    out.Note("the strict reader refuses it, " + std::string(parsed.error().where) + ": " + parsed.error().detail);
  else if (prefix.empty() && (parsed->Find("tcbInfo") != nullptr || parsed->Find("enclaveIdentity") != nullptr))
    NoteStrict(text, out);
}

}  // namespace vidimus::inspect
