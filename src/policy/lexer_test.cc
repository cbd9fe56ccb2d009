// Policy text to tokens: what each token is, and what is said and done about text that is none (policy-language sections 1.1, 1.2).
#include "policy/lexer.h"

#include <gmock/gmock.h>

#include "base/limits.h"
#include "tests/support/policy_findings.h"

namespace vidimus {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

struct Lexed {
  std::vector<std::string> tokens;  // as they stand in the text; an integer and a string with their values after them
  std::vector<std::string> findings;
};

Lexed Lex(std::string_view text) {
  Diagnostics diagnostics;
  Lexed out;
  const auto tokens = LexPolicy(text, diagnostics);
  if (tokens)
    for (const Token& token : tokens->tokens) {
      std::string written(text.substr(token.span.begin, token.span.end - token.span.begin));
      if (token.kind == TokenKind::kInteger) written += "=" + std::to_string(token.integer);
      if (token.kind == TokenKind::kString) written += "=" + token.text;
      out.tokens.push_back(written);
    }
  out.findings = testing::Findings(text, diagnostics);
  return out;
}

std::vector<TokenKind> Kinds(std::string_view text) {
  Diagnostics diagnostics;
  std::vector<TokenKind> out;
  const auto tokens = LexPolicy(text, diagnostics);
  if (!tokens) return out;
  for (const Token& token : tokens->tokens) out.push_back(token.kind);
  return out;
}

// `findings` without the path, which the lexer does not know.
void ExpectFindings(std::string_view text, std::vector<std::string> findings) {
  for (std::string& one : findings) one += " | policy";
  EXPECT_THAT(Lex(text).findings, ElementsAreArray(findings)) << text;
}

TEST(PolicyLexer, ReadsEveryTokenOfTheLanguage) {
  const Lexed all = Lex("c_1:[type==\"a//\\\"\\\\\",v!=09,<1,<=2,>3,>=9223372036854775807]&&![]=>(a=c.d){};// end");
  EXPECT_THAT(all.findings, IsEmpty());
  EXPECT_THAT(all.tokens, ElementsAre("c_1", ":", "[", "type", "==", "\"a//\\\"\\\\\"=a//\"\\", ",", "v", "!=", "09=9", ",", "<", "1=1",
                                      ",", "<=", "2=2", ",", ">", "3=3", ",", ">=", "9223372036854775807=9223372036854775807", "]", "&&",
                                      "!", "[", "]", "=>", "(", "a", "=", "c", ".", "d", ")", "{", "}", ";", ""));
}

// Section 1.1: white space of any kind separates tokens; a byte order mark is skipped; comments go to the end of their line.
TEST(PolicyLexer, SkipsWhiteSpaceCommentsAndAByteOrderMark) {
  const std::string text = "\xef\xbb\xbf\r\n\tversion //one\r\n= // two \xc3\xa9\n1//";
  EXPECT_THAT(Lex(text).findings, IsEmpty());
  EXPECT_THAT(Lex(text).tokens, ElementsAre("version", "=", "1=1", ""));
  Diagnostics diagnostics;
  std::vector<std::string> comments;
  const auto tokens = LexPolicy(text, diagnostics);
  ASSERT_TRUE(tokens);
  for (const Span& one : tokens->comments) comments.push_back(text.substr(one.begin, one.end - one.begin));
  EXPECT_THAT(comments, ElementsAre("//one", "// two \xc3\xa9", "//"));
  EXPECT_EQ(Lex("1 \xef\xbb\xbf").findings.size(), 1U);  // elsewhere it is no mark
}

// What follows an error is read as if the text were what it was most likely meant to be.
TEST(PolicyLexer, GoesOnWithTheTokenThatWasMeant) {
  EXPECT_THAT(Lex("a =~ 0x1F - -2 -> \xe2\x80\x9cx\xe2\x80\x9d 'y' /* ; */ # ;\n@@b").tokens,
              ElementsAre("a", "=~", "0x1F=31", "-", "2=2", "->", "\xe2\x80\x9cx\xe2\x80\x9d=x", "'y'=y", "@@", "b", ""));
  EXPECT_THAT(Lex("\"a;\n;").tokens, ElementsAre("\"a;", ";", ""));
}

TEST(PolicyLexer, TellsTextWithoutItsQuotesFromIdentifiers) {
  EXPECT_THAT(Kinds("abc"), ElementsAre(TokenKind::kIdentifier, TokenKind::kEnd));
  EXPECT_THAT(Kinds("x-ms-sgx-svn"), ElementsAre(TokenKind::kBareText, TokenKind::kEnd));
  EXPECT_THAT(Kinds("$is-debuggable"), ElementsAre(TokenKind::kBareText, TokenKind::kEnd));
  EXPECT_THAT(Kinds("<your-id>"), ElementsAre(TokenKind::kPlaceholder, TokenKind::kEnd));
  EXPECT_THAT(Kinds("a<b"), ElementsAre(TokenKind::kIdentifier, TokenKind::kPunctuation, TokenKind::kIdentifier, TokenKind::kEnd));
  EXPECT_THAT(Kinds("|"), ElementsAre(TokenKind::kInvalid, TokenKind::kEnd));
}

TEST(PolicyLexer, ATextHasALimit) {
  EXPECT_THAT(Lex(std::string(limits::kPolicyBytes, ' ')).findings, IsEmpty());
  EXPECT_THAT(Lex(std::string(limits::kPolicyBytes + 1, ' ')).findings,
              ElementsAre("1:1+0 policy.size: found 1048577 octets, expected at most 1048576 | policy"));
}

// Section 1.1: a policy is UTF-8.
TEST(PolicyLexer, RefusesWhatIsNotUtf8AtItsFirstOctet) {
  const std::string hint = " | save the file as UTF-8 | policy";
  EXPECT_THAT(Lex("\xc3\xa9\n\xc3\xa9\xff x").findings, ElementsAre("2:2+1 policy.encoding: found an octet that is not UTF-8" + hint));
  EXPECT_THAT(Lex("a\xe2\x80").findings, ElementsAre("1:2+1 policy.encoding: found an octet that is not UTF-8" + hint));
  EXPECT_THAT(
      Lex(std::string("\xff\xfev\0", 4)).findings,
      ElementsAre("1:1+1 policy.encoding: found an octet that is not UTF-8 | it looks like UTF-16: save the file as UTF-8 | policy"));
  EXPECT_THAT(Lex("\xff").tokens, IsEmpty());
}

TEST(PolicyLexer, StopsWhenNothingMoreWouldBeReported) {
  std::string text;
  for (size_t i = 0; i < limits::kPolicyDiagnostics + 5; ++i) text += "@ ";
  EXPECT_EQ(Lex(text).findings.size(), limits::kPolicyDiagnostics);
  EXPECT_EQ(Lex(text).tokens.size(), limits::kPolicyDiagnostics + 1);
}

TEST(PolicyLexer, OperatorsOfOtherLanguagesGetAHint) {
  ExpectFindings(R"([type=="a"] || [type=="b"])",
                 {"1:13+2 policy.character: found '||', which the language does not have | there is no 'or': write two rules"});
  ExpectFindings(R"([type=="a"] | [type=="b"])",
                 {"1:13+1 policy.character: found '|', which the language does not have | there is no 'or': write two rules"});
  ExpectFindings(R"([value=~"^4a"])",
                 {"1:7+2 policy.character: found '=~', expected '==' | there are no patterns: compare with a whole value"});
  ExpectFindings(R"([value!~"^4a"])",
                 {"1:7+2 policy.character: found '!~', expected '!=' | there are no patterns: compare with a whole value"});
  ExpectFindings(R"([value~"^4a"])",
                 {"1:7+1 policy.character: found '~', expected '==' | there are no patterns: compare with a whole value"});
  ExpectFindings(R"([type=="a"] -> permit();)", {"1:13+2 policy.character: found '->', expected '=>' | the arrow is written =>"});
  ExpectFindings(R"(value="a"+"b")", {"1:10+1 policy.character: found '+', which the language does not have | there is no arithmetic; "
                                      "AppendString(a, b) joins strings in version 1.2"});
  ExpectFindings("value > -1", {"1:9+1 policy.character: found '-', expected an integer | integers have no sign"});
  ExpectFindings("value > +1", {"1:9+1 policy.character: found '+', expected an integer | integers have no sign"});
  ExpectFindings("2 - 1",
                 {"1:3+1 policy.character: found '-', which the language does not have | there is no arithmetic, and no wildcards"});
  ExpectFindings("2*x", {"1:2+1 policy.character: found '*', which the language does not have | there is no arithmetic, and no wildcards"});
  ExpectFindings("7%x", {"1:2+1 policy.character: found '%', which the language does not have | there is no arithmetic, and no wildcards"});
}

TEST(PolicyLexer, OtherCharactersAreRefusedTogetherWithTheirNeighbours) {
  ExpectFindings("value==@@1", {"1:8+2 policy.character: found '@@', which the language does not have"});
  ExpectFindings("value==\xf0\x9f\x98\x80\xf0\x9f\x98\x80", {"1:8+8 policy.character: found '\xf0\x9f\x98\x80\xf0\x9f\x98\x80', which the "
                                                             "language does not have | text stands in straight double quotes"});
  ExpectFindings("a \\ b", {"1:3+1 policy.character: found '\\', which the language does not have | a backslash stands in strings only"});
  ExpectFindings("a / b", {"1:3+1 policy.character: found '/', which the language does not have | comments begin with //"});
  ExpectFindings(
      "version=1.0;\x01\x1b[31m",
      {"1:13+1 policy.character: found the invisible character U+0001, which the language does not have | remove it",
       "1:14+1 policy.character: found the invisible character U+001B, which the language does not have | remove it",
       "1:16+3 policy.integer: found '31m', expected decimal digits only | an integer has no letters; a text stands in quotes: \"31m\""});
  ExpectFindings(
      "value==\xc2\xa0"
      "1",
      {"1:8+2 policy.character: found the invisible character U+00A0, which the language does not have | write a plain space"});
  ExpectFindings(
      "value==\xe2\x80\x8b"
      "1",
      {"1:8+3 policy.character: found the invisible character U+200B, which the language does not have | remove it"});
  ExpectFindings(
      "\xe3\x80\x80"
      "a",
      {"1:1+3 policy.character: found the invisible character U+3000, which the language does not have | write a plain space"});
  ExpectFindings("# a policy\nversion", {"1:1+1 policy.character: found '#', expected '//' | comments begin with //"});
  ExpectFindings("value=='a'",
                 {"1:8+3 policy.character: found a single quote, expected '\"' | strings stand in straight double quotes: \"a\""});
  ExpectFindings("value=='a\n1", {"1:8+1 policy.character: found a single quote, expected '\"' | strings stand in straight double quotes"});
  ExpectFindings("value==`a`",
                 {"1:8+3 policy.character: found a back-tick, expected '\"' | strings stand in straight double quotes: \"a\""});
}

TEST(PolicyLexer, TypographicQuotesAreTakenForTheStringTheyWereMeantToBe) {
  ExpectFindings(
      "value==\xe2\x80\x9c"
      "a\xe2\x80\x9d",
      {"1:8+7 policy.quotes: found the typographic quote '\xe2\x80\x9c', expected '\"' | strings stand in straight double quotes: \"a\""});
  ExpectFindings(
      "value==\xe2\x80\x98"
      "a\xe2\x80\x99",
      {"1:8+7 policy.quotes: found the typographic quote '\xe2\x80\x98', expected '\"' | strings stand in straight double quotes: \"a\""});
  ExpectFindings(
      "value==\xe2\x80\x9d"
      "a\xe2\x80\x9d",
      {"1:8+7 policy.quotes: found the typographic quote '\xe2\x80\x9d', expected '\"' | strings stand in straight double quotes: \"a\""});
  ExpectFindings(
      "value==\xe2\x80\x9e"
      "a\xe2\x80\x9c",
      {"1:8+7 policy.quotes: found the typographic quote '\xe2\x80\x9e', expected '\"' | strings stand in straight double quotes: \"a\""});
  ExpectFindings(
      "value==\xc2\xab"
      "a\xc2\xbb",
      {"1:8+5 policy.quotes: found the typographic quote '\xc2\xab', expected '\"' | strings stand in straight double quotes: \"a\""});
  ExpectFindings(
      "value==\xef\xbc\x82"
      "a\xef\xbc\x82",
      {"1:8+7 policy.quotes: found the typographic quote '\xef\xbc\x82', expected '\"' | strings stand in straight double quotes: \"a\""});
  ExpectFindings(
      "value==\xe2\x80\x9c"
      "a\"",
      {"1:8+5 policy.quotes: found the typographic quote '\xe2\x80\x9c', expected '\"' | strings stand in straight double quotes: \"a\""});
  ExpectFindings(
      "value==\xe2\x80\x9c"
      "a] => permit();\n1",
      {"1:8+3 policy.quotes: found the typographic quote '\xe2\x80\x9c', expected '\"' | strings stand in straight double quotes"});
}

TEST(PolicyLexer, BlockCommentsAreRefusedAndSkipped) {
  ExpectFindings("/* a\n\"b */ version",
                 {"1:1+2 policy.comment: found '/*', expected '//' | comments begin with // and end with their line"});
  ExpectFindings("version /* 1.0", {"1:9+2 policy.comment: found '/*', expected '//' | comments begin with // and end with their line"});
}

TEST(PolicyLexer, IntegersAreDecimalAndHave63Bits) {
  ExpectFindings("value==0x0F",
                 {"1:8+4 policy.integer: found the hexadecimal integer '0x0F', expected decimal digits | in decimal it is 15"});
  ExpectFindings("value==0XFFFFFFFFFFFFFFFF", {"1:8+18 policy.integer: found the hexadecimal integer '0XFFFFFFFFFFFFFFFF', expected "
                                               "decimal digits | integers go to 9223372036854775807 (2^63-1)"});
  ExpectFindings("value==9223372036854775808",
                 {"1:8+19 policy.integer: found an integer over 2^63-1, expected at most 9223372036854775807"});
  ExpectFindings(
      "value==4aea",
      {"1:8+4 policy.integer: found '4aea', expected decimal digits only | an integer has no letters; a text stands in quotes: \"4aea\""});
  ExpectFindings(
      "value==0x",
      {"1:8+2 policy.integer: found '0x', expected decimal digits only | an integer has no letters; a text stands in quotes: \"0x\""});
  ExpectFindings(
      "value==1e5",
      {"1:8+3 policy.integer: found '1e5', expected decimal digits only | an integer has no letters; a text stands in quotes: \"1e5\""});
}

TEST(PolicyLexer, AStringEndsOnItsLine) {
  ExpectFindings("[type==\"a] => permit();\n1", {"1:8+16 policy.string: found a string that does not end on its line, expected '\"' | put "
                                                 "'\"' at its end; within a string, a '\"' is written \\\""});
  ExpectFindings("[type==\"a\r\n1", {"1:8+2 policy.string: found a string that does not end on its line, expected '\"' | put '\"' at its "
                                     "end; within a string, a '\"' is written \\\""});
  ExpectFindings(R"(")", {"1:1+1 policy.string: found a string that does not end on its line, expected '\"' | put '\"' at its end; within "
                          "a string, a '\"' is written \\\""});
}

TEST(PolicyLexer, OnlyTwoCharactersAreEscaped) {
  ExpectFindings(R"(value=="C:\windows\\x\"")",
                 {"1:11+2 policy.escape: found '\\w' in a string, expected \\\" or \\\\ | a backslash itself is written \\\\"});
  ExpectFindings("\"\\\xc3\xa9\"",
                 {"1:2+3 policy.escape: found '\\\xc3\xa9' in a string, expected \\\" or \\\\ | a backslash itself is written \\\\"});
  ExpectFindings(R"("\n\t")", {"1:2+2 policy.escape: found '\\n' in a string, expected \\\" or \\\\ | a backslash itself is written \\\\",
                               "1:4+2 policy.escape: found '\\t' in a string, expected \\\" or \\\\ | a backslash itself is written \\\\"});
}

}  // namespace
}  // namespace vidimus
