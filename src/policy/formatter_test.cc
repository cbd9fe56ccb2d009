#include "policy/formatter.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "policy/compile.h"
#include "policy/diff.h"
#include "policy/evaluator.h"
#include "policy/lexer.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

std::string Format(std::string_view text) {
  const Compilation compiled = Compile(text);
  EXPECT_TRUE(compiled.program.has_value()) << text;
  return compiled.program ? FormatPolicy(text, *compiled.syntax) : "";
}

std::vector<std::string> CommentsOf(std::string_view text) {
  Diagnostics diagnostics;
  std::vector<std::string> out;
  const std::optional<Tokens> tokens = LexPolicy(text, diagnostics);
  if (!tokens) return out;
  for (const Span& span : tokens->comments) {
    std::string comment(text.substr(span.begin, span.end - span.begin));
    while (comment.ends_with(' ') || comment.ends_with('\t')) comment.pop_back();
    out.push_back(std::move(comment));
  }
  return out;
}

ClaimSet ClaimsOf(const Json& list) {
  ClaimSet out;
  for (const Json& one : *list.AsArray()) {
    const Json& value = *one.Find("value");
    ClaimValue held;
    if (const auto* text = value.AsString()) held = *text;
    if (const auto* number = value.AsInt()) held = *number;
    if (const auto* truth = value.AsBool()) held = *truth;
    const bool custom = testing::Text(one, "issuer") == "CustomClaim";
    const bool read_only = one.Find("readOnly") != nullptr;
    out.push_back({testing::Text(one, "type"), held, custom ? ClaimIssuer::kCustomClaim : ClaimIssuer::kAttestationService, read_only});
  }
  return out;
}

// What may never change, whatever the text.
void ExpectKept(std::string_view text) {
  SCOPED_TRACE(text);
  const Compilation before = Compile(text);
  ASSERT_TRUE(before.program.has_value());
  const std::string once = FormatPolicy(text, *before.syntax);
  const Compilation after = Compile(once);
  ASSERT_TRUE(after.program.has_value()) << once;
  EXPECT_EQ(FormatPolicy(once, *after.syntax), once);
  EXPECT_EQ(CommentsOf(once), CommentsOf(text));
  EXPECT_EQ(after.program->minor_version, before.program->minor_version);
  EXPECT_TRUE(DiffRules(*before.program, *after.program).empty());
}

constexpr std::string_view kPlain = R"(version=1.1;

configurationrules {
  => issueproperty(type="x-ms-sgx-tcbidentifier", value="azuredefault");
};

authorizationrules {
  [type=="x-ms-sgx-is-debuggable", value==true] => deny();
  => permit();
};

issuancerules {
  c:[type=="x-ms-sgx-mrsigner"] => issue(type="sgx-mrsigner", value=c.value);
};
)";

TEST(PolicyFormatter, GivesEveryLayoutOfOnePolicyTheSame) {
  EXPECT_EQ(Format(kPlain), kPlain);
  EXPECT_EQ(
      Format(
          "\xef\xbb\xbfVersion = 1.1;ConfigurationRules\r\n{=>issueproperty ( type= \"x-ms-sgx-tcbidentifier\" ,value =\"azuredefault\");"
          "};AUTHORIZATIONRULES{[ type == \"x-ms-sgx-is-debuggable\",\r\n\tvalue == true ]\r\n=>deny() ;=>\npermit();};\r\n\r\n\r\n"
          "issuancerules\n\n{c : [type==\"x-ms-sgx-mrsigner\"]=>issue(type=\"sgx-mrsigner\",value=c . value);};"),
      kPlain);
}

TEST(PolicyFormatter, BreaksARuleThatDoesNotFitInto100Columns) {
  const auto one_line = [](const std::string& value) {
    return "  [type==\"a\", value==\"" + value + "\"] && [type==\"bcd\", value==false] => permit();";
  };
  const std::string begin = "version=1.0;\n\nauthorizationrules {\n";
  const std::string end = "\n};\n";
  const std::string fits(100 - one_line("").size(), 'x');
  EXPECT_EQ(Format(begin + one_line(fits) + end), begin + one_line(fits) + end);
  // A column is a character, whatever its octets.
  const std::string umlauts = fits.substr(1) + "\xc3\xa4";
  EXPECT_EQ(Format(begin + one_line(umlauts) + end), begin + one_line(umlauts) + end);
  EXPECT_EQ(Format(begin + one_line(fits + "x") + end),
            begin + "  [type==\"a\", value==\"" + fits + "x\"] &&\n  [type==\"bcd\", value==false]\n    => permit();" + end);
}

TEST(PolicyFormatter, KeepsCommentsWhereTheyBelong) {
  EXPECT_EQ(Format(R"(// what this is
version=1.0; // 1.0 will do   

// who may
authorizationrules
// nobody else
{
// first
      // second


  [type=="a" // of the enclave
  , value==1
  // commented out: , value==2
  ] // end
  && [type=="b"] // both
  // and then
  => permit() // so be it
  ; [type=="c"] => permit(); // another
  // last
}
// the end
; // really
// over
)"),
            R"(// what this is
version=1.0; // 1.0 will do

// who may
authorizationrules {
  // nobody else
  // first
  // second

  [type=="a", // of the enclave
      value==1
      // commented out: , value==2
      ] && // end
  [type=="b"] // both
    // and then
    => permit(); // so be it
  [type=="c"] => permit(); // another
  // last
};

// the end
// really
// over
)");
}

TEST(PolicyFormatter, NeverMakesCodeOfACommentOrACommentOfCode) {
  EXPECT_EQ(Format("version=1.0;authorizationrules{=>//permit();\r\ndeny(//x\r);};//=> permit();"),
            "version=1.0;\n\nauthorizationrules {\n  => //permit();\n      deny(); //x\n}; //=> permit();\n");
}

TEST(PolicyFormatter, LeavesStringsAsTheyAre) {
  const std::string text = "version=1.0;\n\nauthorizationrules {\n  [type==\"a  // \\\\ \\\" {;}=>\", value==007] => permit();\n};\n";
  EXPECT_EQ(Format(text), text);
}

TEST(PolicyFormatter, KeepsOneBlankLineBetweenRulesAndNoneAtTheEdges) {
  EXPECT_EQ(Format("\n\nversion=1.0;authorizationrules{\n\n=>permit();\n\n\n\n=>permit();\n=>permit();\n\n};issuancerules{};\n\n"),
            "version=1.0;\n\nauthorizationrules {\n  => permit();\n\n  => permit();\n  => permit();\n};\n\nissuancerules {\n};\n");
}

TEST(PolicyFormatter, KeepsWhatAPolicySaysWithACommentAtEveryPlace) {
  const std::string text =
      "version=1.2;configurationrules{=>issueproperty(type=\"p\",value=1);};authorizationrules{![type==\"a\",value>=1]&&"
      "d:[type==\"b\"]=>permit();};issuancerules{c:[type==\"a\"]=>issue(claim=c);c:[type==\"b\"]&&[value==c.value]=>"
      "add(type=\"x\",value=AppendString(c.value,\"y\"));};";
  Diagnostics diagnostics;
  const auto tokens = LexPolicy(text, diagnostics);
  ASSERT_TRUE(tokens.has_value());
  for (const Token& one : tokens->tokens)
    for (const std::string comment : {"// x\n", "\n// x\n", " //\r\n\r\n// y\n", "//x\n\n\n"}) {
      const std::string with = text.substr(0, one.span.begin) + comment + text.substr(one.span.begin);
      ExpectKept(with);
      for (const Token& other : tokens->tokens)
        if (other.span.begin <= one.span.begin && other.span.begin + 6 > one.span.begin)
          ExpectKept(with.substr(0, other.span.begin) + "// z \n" + with.substr(other.span.begin));
    }
}

TEST(PolicyFormatter, KeepsWhatPublishedPoliciesSay) {
  VIDIMUS_REQUIRE_VECTORS();
  size_t formatted = 0;
  for (const auto& entry : std::filesystem::directory_iterator(testing::VectorFolder() + "/policy/real-world")) {
    const ByteVector content = testing::ReadFile(entry.path());
    if (entry.path().extension() != ".txt" || !Compile(AsText(content)).program) continue;
    ExpectKept(AsText(content));
    ++formatted;
  }
  EXPECT_GE(formatted, 20u);
}

TEST(PolicyFormatter, KeepsWhatRecordedCasesDecide) {
  VIDIMUS_REQUIRE_VECTORS();
  const Json file = testing::ReadVectorJson("policy/cases.json");
  size_t formatted = 0;
  for (const Json& one : *file.Find("cases")->AsArray()) {
    const std::string text = testing::Text(one, "policy");
    const Compilation before = Compile(text);
    if (!before.program) continue;
    ExpectKept(text);
    const Compilation after = Compile(FormatPolicy(text, *before.syntax));
    ASSERT_TRUE(after.program.has_value());
    const ClaimSet claims = ClaimsOf(*one.Find("claims"));
    const auto expected = Evaluate(*before.program, claims);
    const auto found = Evaluate(*after.program, claims);
    ASSERT_EQ(found.has_value(), expected.has_value()) << text;
    if (found) {
      EXPECT_EQ(found->reason, expected->reason) << text;
      EXPECT_EQ(found->issued, expected->issued) << text;
      EXPECT_EQ(found->properties, expected->properties) << text;
    } else {
      EXPECT_EQ(found.error().where, expected.error().where) << text;
    }
    ++formatted;
  }
  EXPECT_GE(formatted, 80u);
}

}  // namespace
}  // namespace vidimus
