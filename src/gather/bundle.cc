#include "gather/bundle.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/base64url.h"
#include "base/hex.h"
#include "codec/json.h"

namespace vidimus {
namespace {

constexpr std::string_view kFormat = "vidimus-endorsements";
constexpr std::string_view kBeginning = R"({"format":"vidimus-endorsements")";
constexpr int64_t kVersion = 1;

tl::unexpected<Error> Misshapen(size_t line, const std::string& what) {
  return Fail(ErrorCode::kMalformed, "bundle.format", "line " + std::to_string(line) + ": " + what);
}

tl::unexpected<Error> TooMuch(const std::string& what, size_t found, size_t most) {
  return Fail(ErrorCode::kLimit, "bundle.limit",
              "found " + std::to_string(found) + " " + what + ", expected at most " + std::to_string(most));
}

const std::string* Text(const Json& line, std::string_view name) {
  const Json* const value = line.Find(name);
  return value == nullptr ? nullptr : value->AsString();
}

// Takes line after line off a bundle.
class Lines {
 public:
  explicit Lines(Bytes content) : content_(content) {}

  Result<Json> Next() {
    ++number_;
    before_ = at_;
    const std::string_view rest = AsText(content_).substr(at_);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos)
      return Fail(ErrorCode::kMalformed, "bundle.truncated",
                  "found " + std::to_string(number_ - 1) + " whole lines, expected one more: the file is cut short");
    at_ += end + 1;
    auto json = ParseJson(rest.substr(0, end));
    if (!json) return Misshapen(number_, json.error().detail);
    if (json->AsObject() == nullptr) return Misshapen(number_, "found " + std::string(json->TypeName()) + ", expected an object");
    return json;
  }
  size_t number() const { return number_; }
  Bytes before() const { return content_.first(before_); }  // everything before the last line taken
  bool at_end() const { return at_ == content_.size(); }

 private:
  Bytes content_;
  size_t at_ = 0, before_ = 0, number_ = 0;
};

Status CheckDigest(const Json& line, size_t number, Bytes of, const std::string& what) {
  const std::string* const said = Text(line, "sha256");
  if (said == nullptr) return Misshapen(number, "no text \"sha256\"");
  const std::string found = HexEncode(Sha256(of));
  if (*said == found) return {};
  return Fail(ErrorCode::kMismatch, "bundle.digest",
              "line " + std::to_string(number) + ": " + what + " has SHA-256 " + found + ", expected " + *said + " as the line says");
}

struct Header {
  UnixTime created;
  size_t documents;
};

Result<Header> ReadHeader(Lines& lines, const BundleBounds& bounds) {
  VIDIMUS_TRY(const Json header, lines.Next());
  if (const std::string* format = Text(header, "format"); format == nullptr || *format != kFormat)
    return Misshapen(1, "expected the format \"" + std::string(kFormat) + "\"");
  const Json* const version = header.Find("version");
  if (version == nullptr || version->AsInt() == nullptr) return Misshapen(1, "no integer \"version\"");
  if (*version->AsInt() != kVersion)
    return Fail(ErrorCode::kUnsupported, "bundle.version",
                "found version " + std::to_string(*version->AsInt()) + " of the format, expected " + std::to_string(kVersion));
  const std::string* const created = Text(header, "created");
  if (created == nullptr) return Misshapen(1, "no text \"created\"");
  const auto time = ParseRfc3339Utc(*created);
  if (!time) return Misshapen(1, "\"created\": " + time.error().detail);
  const Json* const count = header.Find("documents");
  if (count == nullptr || count->AsInt() == nullptr || *count->AsInt() < 0) return Misshapen(1, "no count \"documents\"");
  const auto documents = static_cast<size_t>(*count->AsInt());
  if (documents > bounds.documents) return TooMuch("documents", documents, bounds.documents);
  return Header{*time, documents};
}

Result<NamedDocument> ReadDocument(Lines& lines, const BundleBounds& bounds) {
  VIDIMUS_TRY(const Json line, lines.Next());
  const std::string* const name = Text(line, "name");
  const std::string* const text = Text(line, "text");
  const std::string* const base64 = Text(line, "base64");
  if (name == nullptr) return Misshapen(lines.number(), "no text \"name\"");
  if ((text == nullptr) == (base64 == nullptr)) return Misshapen(lines.number(), "expected one of \"text\" and \"base64\"");
  NamedDocument out{*name, {}};
  if (text != nullptr) {
    out.content.assign(text->begin(), text->end());
  } else {
    auto octets = Base64DecodeLenient(*base64);
    if (!octets) return Misshapen(lines.number(), octets.error().detail);
    out.content = *std::move(octets);
  }
  if (out.content.size() > bounds.document_bytes) return TooMuch("octets of " + *name, out.content.size(), bounds.document_bytes);
  VIDIMUS_CHECK_OK(CheckDigest(line, lines.number(), out.content, *name));
  return out;
}

Result<std::string> DocumentLine(const std::string& name, Bytes content, const BundleBounds& bounds, JsonObject about = {}) {
  if (content.size() > bounds.document_bytes) return TooMuch("octets of " + name, content.size(), bounds.document_bytes);
  JsonObject line = {{"sha256", HexEncode(Sha256(content))}, {"name", name}};
  for (JsonMember& member : about) line.push_back(std::move(member));
  JsonObject readable = line;
  line.emplace_back("base64", Base64Encode(content));
  std::string out = WriteJson(line);
  // Text where people can read it, unless its escapes take more than base64 does.
  if (IsUtf8(content)) {
    readable.emplace_back("text", AsText(content));
    if (std::string text = WriteJson(readable); text.size() <= out.size()) out = std::move(text);
  }
  return out + "\n";
}

// The lines of documents between a first and a last one.
class BundleWriter {
 public:
  BundleWriter(UnixTime created, const BundleBounds& bounds) : created_(created), bounds_(bounds) {}

  bool Fits(const std::string& line) const {
    return count_ < bounds_.documents && lines_.size() + line.size() + HeaderLine(count_ + 1).size() + kLastLine <= bounds_.bytes;
  }
  void Add(const std::string& line) {
    lines_ += line;
    ++count_;
  }
  std::string Finish() const {
    std::string out = HeaderLine(count_) + lines_;
    out += WriteJson(JsonObject{{"sha256", HexEncode(Sha256(AsBytes(out)))}}) + "\n";
    return out;
  }
  size_t count() const { return count_; }
  tl::unexpected<Error> Full(const std::string& line) const {
    if (count_ >= bounds_.documents) return TooMuch("documents and more", count_, bounds_.documents);
    return TooMuch("octets", lines_.size() + line.size() + HeaderLine(count_ + 1).size() + kLastLine, bounds_.bytes);
  }

 private:
  static constexpr size_t kLastLine = std::string_view(R"({"sha256":""})").size() + 64 + 1;

  std::string HeaderLine(size_t documents) const {
    return WriteJson(JsonObject{
               {"format", kFormat}, {"version", kVersion}, {"created", FormatRfc3339Utc(created_)}, {"documents", uint64_t{documents}}}) +
           "\n";
  }

  const UnixTime created_;
  const BundleBounds bounds_;
  std::string lines_;
  size_t count_ = 0;
};

JsonObject About(const HeldIntelDocument& held) {
  JsonObject out = {{"kind", IntelDocumentKindName(held.key.kind)}, {"tee", IntelTeeName(held.key.tee)}};
  if (!held.key.subject.empty()) out.emplace_back("subject", held.key.subject);
  if (held.key.evaluation_data_number) out.emplace_back("evaluationNumber", *held.key.evaluation_data_number);
  out.emplace_back("issued", FormatRfc3339Utc(held.issued));
  out.emplace_back("nextUpdate", FormatRfc3339Utc(held.next_update));
  return out;
}

}  // namespace

bool IsEndorsementBundle(Bytes content) { return AsText(content).starts_with(kBeginning); }

Result<EndorsementBundle> ReadEndorsementBundle(Bytes content, const BundleBounds& bounds) {
  if (content.size() > bounds.bytes) return TooMuch("octets", content.size(), bounds.bytes);
  Lines lines(content);
  VIDIMUS_TRY(const Header header, ReadHeader(lines, bounds));
  EndorsementBundle out{header.created, {}};
  for (size_t i = 0; i < header.documents; ++i) {
    VIDIMUS_TRY(NamedDocument document, ReadDocument(lines, bounds));
    out.documents.push_back(std::move(document));
  }
  VIDIMUS_TRY(const Json end, lines.Next());
  VIDIMUS_CHECK_OK(CheckDigest(end, lines.number(), lines.before(), "everything before it"));
  if (!lines.at_end()) return Misshapen(lines.number() + 1, "expected nothing after the digest of the whole");
  return out;
}

Result<std::string> WriteEndorsementBundle(std::vector<HeldIntelDocument> documents, UnixTime created, const BundleBounds& bounds) {
  SortDocuments(documents);
  std::set<std::string> chains;
  for (const HeldIntelDocument& document : documents)
    if (!document.issuer_chain.empty()) chains.insert(document.issuer_chain);
  BundleWriter out(created, bounds);
  const auto add = [&](const Result<std::string>& line) -> Status {
    if (!line) return tl::unexpected(line.error());
    if (!out.Fits(*line)) return out.Full(*line);
    out.Add(*line);
    return {};
  };
  for (const std::string& chain : chains)
    VIDIMUS_CHECK_OK(add(DocumentLine("issuer certificates", AsBytes(chain), bounds, {{"kind", "certificates"}})));
  for (const HeldIntelDocument& document : documents)
    VIDIMUS_CHECK_OK(add(DocumentLine(IntelDocumentName(document.key), document.content, bounds, About(document))));
  return out.Finish();
}

Result<std::vector<std::string>> WriteEndorsementBundles(const std::vector<NamedDocument>& issuers,
                                                         const std::vector<NamedDocument>& documents, UnixTime created,
                                                         const BundleBounds& bounds) {
  BundleWriter first(created, bounds);
  for (const NamedDocument& issuer : issuers) {
    VIDIMUS_TRY(const std::string line, DocumentLine(issuer.name, issuer.content, bounds));
    if (!first.Fits(line)) return first.Full(line);
    first.Add(line);
  }
  std::vector<std::string> out;
  std::optional<BundleWriter> bundle(first);
  for (const NamedDocument& document : documents) {
    VIDIMUS_TRY(const std::string line, DocumentLine(document.name, document.content, bounds));
    if (!bundle->Fits(line) && bundle->count() > first.count()) {
      out.push_back(bundle->Finish());
      bundle.emplace(first);
    }
    if (!bundle->Fits(line)) return bundle->Full(line);
    bundle->Add(line);
  }
  if (bundle->count() > 0) out.push_back(bundle->Finish());
  return out;
}

Result<std::vector<NamedDocument>> WithBundlesOpened(std::vector<NamedDocument> documents) {
  std::vector<NamedDocument> out;
  for (NamedDocument& document : documents) {
    if (!IsEndorsementBundle(document.content)) {
      out.push_back(std::move(document));
      continue;
    }
    auto bundle = ReadEndorsementBundle(document.content);
    if (!bundle) return Fail(bundle.error().code, bundle.error().where, document.name + ": " + bundle.error().detail);
    for (NamedDocument& one : bundle->documents) {
      one.name = document.name + ": " + one.name;
      out.push_back(std::move(one));
    }
  }
  return out;
}

}  // namespace vidimus
