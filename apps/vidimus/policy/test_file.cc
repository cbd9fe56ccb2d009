#include "policy/test_file.h"

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <utility>

#include "claims/claim_file.h"
#include "files.h"
#include "policy/inputs.h"

namespace vidimus {
namespace {

namespace fs = std::filesystem;

// A value and where it stands in the file: "tests[2].expect".
struct Place {
  const Json& json;
  std::string name;

  Place At(std::string_view member) const { return {*json.Find(member), (name.empty() ? "" : name + ".") + std::string(member)}; }
  bool Has(std::string_view member) const { return json.Find(member) != nullptr; }
};

tl::unexpected<Error> WrongValue(const Place& at, const std::string& expected) {
  return Fail(ErrorCode::kMalformed, "policy.test.value",
              (at.name.empty() ? "the file" : at.name) + ": found " + Shortened(WriteJson(at.json), 100) + ", expected " + expected);
}

tl::unexpected<Error> WrongMember(const Place& at, const std::string& what) {
  return Fail(ErrorCode::kMalformed, "policy.test.member", (at.name.empty() ? "the file" : at.name) + ": " + what);
}

// An object with every member of `required`, and no member but these and `optional`.
Status CheckMembers(const Place& at, std::initializer_list<std::string_view> required, std::initializer_list<std::string_view> optional) {
  if (at.json.AsObject() == nullptr) return WrongValue(at, "an object");
  for (const std::string_view name : required)
    if (!at.Has(name)) return WrongMember(at, "has no \"" + std::string(name) + "\"");
  std::vector<std::string_view> known(required);
  known.insert(known.end(), optional.begin(), optional.end());
  for (const auto& [name, value] : *at.json.AsObject()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string list;
    for (const std::string_view one : known) list += (list.empty() ? "" : ", ") + std::string(one);
    return WrongMember(at, "has a member \"" + Printable(name, 100) + "\", expected " + list);
  }
  return {};
}

Result<std::string> ReadText(const Place& at) {
  const std::string* text = at.json.AsString();
  if (text == nullptr || text->empty()) return WrongValue(at, "a text");
  return *text;
}

Result<std::string> ReadWord(const Place& at, std::initializer_list<std::string_view> words) {
  const std::string* text = at.json.AsString();
  if (text != nullptr && std::find(words.begin(), words.end(), *text) != words.end()) return *text;
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  return WrongValue(at, "one of " + list);
}

Result<std::vector<std::string>> ReadTexts(const Place& at) {
  if (at.json.AsArray() == nullptr) return WrongValue(at, "a list of texts");
  std::vector<std::string> out;
  for (size_t i = 0; i < at.json.AsArray()->size(); ++i) {
    VIDIMUS_TRY(std::string one, ReadText({(*at.json.AsArray())[i], at.name + "[" + std::to_string(i) + "]"}));
    out.push_back(std::move(one));
  }
  return out;
}

class Reader {
 public:
  explicit Reader(const std::string& path) : folder_(fs::path(path).parent_path()) { out_.path = path; }

  Result<PolicyTestFile> Read(const Json& json) {
    const Place file{json, ""};
    VIDIMUS_CHECK_OK(CheckMembers(file, {"policy", "type", "tests"}, {}));
    VIDIMUS_TRY(const std::string policy, ReadText(file.At("policy")));
    out_.policy = Beside(policy);
    VIDIMUS_TRY(out_.policy_text, ReadPolicyText(out_.policy));
    VIDIMUS_TRY(const std::string type, ReadText(file.At("type")));
    const auto known = FindAttestationType(type);
    if (!known) return WrongValue(file.At("type"), "one of " + AttestationTypeNames());
    out_.type = *known;
    const Place tests = file.At("tests");
    if (tests.json.AsArray() == nullptr || tests.json.AsArray()->empty()) return WrongValue(tests, "a list of at least one test");
    for (size_t i = 0; i < tests.json.AsArray()->size(); ++i)
      VIDIMUS_CHECK_OK(ReadTest({(*tests.json.AsArray())[i], "tests[" + std::to_string(i) + "]"}));
    return std::move(out_);
  }

 private:
  // `path` as the file means it.
  std::string Beside(const std::string& path) const { return (folder_ / path).lexically_normal().string(); }

  Status ReadTest(const Place& at) {
    VIDIMUS_CHECK_OK(CheckMembers(at, {"name", "expect"}, {"claims", "evidence"}));
    if (at.Has("claims") == at.Has("evidence")) return WrongMember(at, "expected either \"claims\" or \"evidence\"");
    PolicyTest test;
    VIDIMUS_TRY(test.name, ReadText(at.At("name")));
    if (at.Has("claims")) {
      const Place claims = at.At("claims");
      auto read = ReadClaims(claims.json, out_.type);
      if (!read) return Fail(read.error().code, read.error().where, claims.name + ": " + read.error().detail);
      test.claims = *std::move(read);
    } else {
      VIDIMUS_TRY(test.evidence, ReadEvidence(at.At("evidence")));
    }
    VIDIMUS_TRY(test.expect, ReadExpectation(at.At("expect")));
    out_.tests.push_back(std::move(test));
    return {};
  }

  static Result<PolicyExpectation> ReadExpectation(const Place& at) {
    VIDIMUS_CHECK_OK(CheckMembers(at, {"outcome"}, {"reason", "claims", "properties", "rule_line"}));
    PolicyExpectation out;
    VIDIMUS_TRY(out.outcome, ReadWord(at.At("outcome"), {"permit", "deny", "upload_error", "evaluation_error"}));
    if (at.Has("reason")) {
      VIDIMUS_TRY(out.reason, ReadText(at.At("reason")));
    }
    for (const auto& [name, claims] : {std::pair("claims", &out.claims), std::pair("properties", &out.properties)}) {
      if (!at.Has(name)) continue;
      if (at.At(name).json.AsObject() == nullptr) return WrongValue(at.At(name), "an object of names and values");
      *claims = at.At(name).json;
    }
    if (!at.Has("rule_line")) return out;
    const int64_t* line = at.At("rule_line").json.AsInt();
    if (line == nullptr || *line < 1) return WrongValue(at.At("rule_line"), "the number of a line, from 1");
    out.rule_line = *line;
    return out;
  }

  Result<OfflineEvidence> ReadEvidence(const Place& at) const {
    VIDIMUS_CHECK_OK(CheckMembers(at, {"file", "endorsements"}, {"runtime_data", "runtime_data_type", "at", "accept_tcb", "sim_roots"}));
    if (out_.type != AttestationType::kSgxEnclave && out_.type != AttestationType::kOpenEnclave && out_.type != AttestationType::kTdxVm)
      return WrongMember(at, "expected \"claims\": evidence is judged of SgxEnclave, OpenEnclave and TdxVm only");
    EvidenceFiles files;
    files.type = out_.type;
    VIDIMUS_TRY(const std::string evidence, ReadText(at.At("file")));
    files.evidence = Beside(evidence);
    if (at.Has("runtime_data")) {
      VIDIMUS_TRY(const std::string data, ReadText(at.At("runtime_data")));
      files.runtime_data = Beside(data);
    }
    if (at.Has("runtime_data_type")) {
      VIDIMUS_TRY(const std::string type, ReadWord(at.At("runtime_data_type"), {"Binary", "JSON"}));
      files.runtime_data_is_json = type == "JSON";
    }
    if (at.Has("at")) {
      VIDIMUS_TRY(files.at, ReadText(at.At("at")));
    }
    if (at.Has("accept_tcb")) {
      VIDIMUS_TRY(files.settings.accept_tcb, ReadTexts(at.At("accept_tcb")));
    }
    VIDIMUS_TRY(files.endorsements, ReadTexts(at.At("endorsements")));
    if (at.Has("sim_roots")) {
      VIDIMUS_TRY(files.sim_roots, ReadTexts(at.At("sim_roots")));
    }
    for (auto* paths : {&files.endorsements, &files.sim_roots})
      for (std::string& path : *paths) path = Beside(path);
    auto out = ReadOfflineEvidence(files);
    if (!out) return Fail(out.error().code, out.error().where, at.name + ": " + out.error().detail);
    return out;
  }

  const fs::path folder_;
  PolicyTestFile out_;
};

}  // namespace

std::string_view PolicyTestFileHelp() {
  return "A test file is JSON; paths in it are relative to it:\n"
         "  {\"policy\": \"sgx.policy\", \"type\": \"SgxEnclave\", \"tests\": [\n"
         "    {\"name\": \"the production signer may start\",\n"
         "     \"claims\": {\"x-ms-sgx-mrsigner\": \"4aea...\", \"x-ms-sgx-is-debuggable\": false},\n"
         "     \"expect\": {\"outcome\": \"permit\", \"claims\": {\"tier\": \"gold\"}}},\n"
         "    {\"name\": \"no debug\",\n"
         "     \"claims\": {\"x-ms-sgx-is-debuggable\": true},\n"
         "     \"expect\": {\"outcome\": \"deny\", \"reason\": \"deny_action\", \"rule_line\": 3}}]}\n"
         "claims has the form of a claims file (see `eval --help`). expect needs outcome: permit, deny, upload_error or evaluation_error;\n"
         "reason, claims and properties (exactly those issued, arrays in any order) and rule_line are compared when given. In place of\n"
         "claims, SgxEnclave, OpenEnclave and TdxVm may have evidence, judged first as `vidimus appraise` does:\n"
         "  \"evidence\": {\"file\": \"quote.bin\", \"endorsements\": [\"endorsements\"], \"at\": \"2025-06-26T17:19:45Z\"}\n"
         "and runtime_data, runtime_data_type (Binary or JSON), accept_tcb and sim_roots (lists). No other member is allowed.\n";
}

Result<std::vector<std::string>> FindPolicyTestFiles(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      out.push_back(path);
      continue;
    }
    const size_t before = out.size();
    fs::recursive_directory_iterator at(path, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error))
      if (std::error_code kind; at->path().string().ends_with(".test.json") && at->is_regular_file(kind))
        out.push_back(at->path().string());
    if (error) return Fail(ErrorCode::kIo, "file.read", "cannot read " + path + ": " + error.message());
    if (out.size() == before) return Fail(ErrorCode::kMissing, "policy.test.none", "found no *.test.json in " + path);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<PolicyTestFile> ReadPolicyTestFile(const std::string& path) {
  VIDIMUS_TRY(const ByteVector octets, ReadFile(path));
  auto file = ParseJson(AsText(octets)).and_then([&](const Json& json) { return Reader(path).Read(json); });
  if (!file) return Fail(file.error().code, file.error().where, FileName(path) + ": " + file.error().detail);
  return file;
}

}  // namespace vidimus
