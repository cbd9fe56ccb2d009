// Diagnostics: positions in a text, how many are kept and in which order, how they look, and the nearest word.
#include "policy/diagnostic.h"

#include <gmock/gmock.h>

#include "base/limits.h"

namespace vidimus {
namespace {

Diagnostic At(size_t begin, size_t end, Severity severity = Severity::kError, std::string hint = "") {
  return {severity, "policy.syntax", {begin, end}, "found 'a', expected 'b'", std::move(hint), "policy"};
}

// What follows the first line, which tells file, position, message and code.
std::string Shown(std::string_view text, size_t begin, size_t end) {
  const std::string all = RenderDiagnostic("p", text, At(begin, end));
  return all.substr(all.find('\n') + 1);
}

TEST(PolicyDiagnostics, PositionsCountLinesAndCharacters) {
  const std::string_view text = "a\xc3\xa9\t\xf0\x9f\x98\x80x\r\ny\n";
  const auto at = [&](size_t offset) {
    const Position position = PositionOf(text, offset);
    return std::to_string(position.line) + ":" + std::to_string(position.column);
  };
  EXPECT_EQ(at(0), "1:1");
  EXPECT_EQ(at(1), "1:2");
  EXPECT_EQ(at(3), "1:3");  // the tab
  EXPECT_EQ(at(4), "1:4");
  EXPECT_EQ(at(8), "1:5");   // x
  EXPECT_EQ(at(10), "1:7");  // the line feed
  EXPECT_EQ(at(11), "2:1");
  EXPECT_EQ(at(13), "3:1");
  EXPECT_EQ(at(99), "3:1");
  EXPECT_EQ(vidimus::At(text, 8), "line 1, column 5: ");
}

TEST(PolicyDiagnostics, AByteOrderMarkIsNoCharacter) {
  const std::string_view text = "\xef\xbb\xbf@";
  EXPECT_EQ(PositionOf(text, 3).column, 1U);
  EXPECT_EQ(PositionOf(text, 0).column, 1U);
  EXPECT_EQ(Shown(text, 3, 4), " 1 | @\n   | ^\n");
  EXPECT_EQ(Shown(text, 0, 3), " 1 | @\n   | ^\n");
}

TEST(PolicyDiagnostics, AreShownAsCompilersDo) {
  const std::string_view text = "version=1.0;\n\n[type=\"x\"] => permit();\n";
  const Diagnostic one{
      Severity::kError, "policy.equals", {19, 20}, "found '=', expected a comparison", "two values are compared with ==", "policy"};
  EXPECT_EQ(RenderDiagnostic("policy.txt", text, one), R"(policy.txt:3:6: error: found '=', expected a comparison [policy.equals]
 3 | [type="x"] => permit();
   |      ^
   = hint: two values are compared with ==
)");
  EXPECT_EQ(RenderDiagnostic("p", text, At(14, 24, Severity::kWarning)), R"(p:3:1: warning: found 'a', expected 'b' [policy.syntax]
 3 | [type="x"] => permit();
   | ^~~~~~~~~~
)");
}

TEST(PolicyDiagnostics, TheMarginFitsTheLineNumber) {
  EXPECT_EQ(RenderDiagnostic("p", std::string(99, '\n') + "x", At(99, 100, Severity::kError, "h")),
            R"(p:100:1: error: found 'a', expected 'b' [policy.syntax]
 100 | x
     | ^
     = hint: h
)");
}

TEST(PolicyDiagnostics, TheCaretStandsUnderItsCharacter) {
  EXPECT_EQ(Shown("\t\xc3\xa9\tx\r\n", 4, 5), " 1 |  \xc3\xa9 x\n   |    ^\n");
  EXPECT_EQ(Shown("abc\r\ndef", 1, 8), " 1 | abc\n   |  ^~\n");  // of several lines, the first
  EXPECT_EQ(Shown("abc\n", 4, 4), " 2 |\n   | ^\n");             // at the end of the text
  EXPECT_EQ(Shown("abc", 3, 3), " 1 | abc\n   |    ^\n");
  EXPECT_EQ(Shown("", 0, 0), " 1 |\n   | ^\n");
  EXPECT_EQ(Shown("abc", 7, 9), " 1 | abc\n   |    ^\n");  // of another text, for all one can tell
}

TEST(PolicyDiagnostics, WhatATerminalWouldActOnIsShownAsAQuestionMark) {
  EXPECT_EQ(Shown("a\x1b[31m\x7f\xc2\x9b\xe2\x80\xae\xff\xc3z", 0, 1), " 1 | a?[31m?????z\n   | ^\n");
  EXPECT_EQ(Printable("a\nb\tc\xe2\x80\x8b", 9), "a?b c?");
}

TEST(PolicyDiagnostics, LongLinesAreShortenedAroundTheCaret) {
  constexpr size_t kAll = limits::kDiagnosticLineCharacters;
  const auto line = [](size_t size, size_t caret) {
    std::string text(size, '.');
    text[caret] = 'X';
    const std::string shown = Shown(text, caret, caret + 1);
    const size_t end = shown.find('\n');
    EXPECT_EQ(shown.find('X'), shown.find('^') - end - 1);
    return end - std::string_view(" 1 | ").size();
  };
  EXPECT_EQ(line(kAll, kAll - 1), kAll);
  for (const size_t caret : {size_t{0}, size_t{80}, size_t{500}, size_t{999}}) EXPECT_LE(line(1000, caret), kAll) << caret;
  EXPECT_LE(line(kAll + 1, kAll), kAll);
  // An underline ends with what is shown.
  const std::string wide = Shown(std::string(1000, 'a'), 10, 990);
  EXPECT_EQ(wide, " 1 | " + std::string(kAll - 6, 'a') + "...\n   | " + std::string(10, ' ') + "^" + std::string(kAll - 17, '~') + "\n");
}

TEST(PolicyDiagnostics, AreKeptUpToALimitAndErrorsBeforeWarnings) {
  Diagnostics full;
  for (size_t i = 0; i < limits::kPolicyDiagnostics; ++i) {
    EXPECT_FALSE(full.full());
    full.Add(At(i, i, Severity::kError));
  }
  EXPECT_TRUE(full.full());
  full.Add(At(999, 999));
  EXPECT_EQ(full.all().size(), limits::kPolicyDiagnostics);

  Diagnostics warned;
  for (size_t i = 0; i < limits::kPolicyDiagnostics + 1; ++i) warned.Add(At(i, i, Severity::kWarning));
  EXPECT_EQ(warned.all().size(), limits::kPolicyDiagnostics);
  EXPECT_FALSE(warned.has_errors());
  EXPECT_FALSE(warned.full());
  warned.Add(At(999, 999));
  EXPECT_EQ(warned.all().size(), limits::kPolicyDiagnostics);
  EXPECT_TRUE(warned.has_errors());
}

TEST(PolicyDiagnostics, AreSortedByTheirPlaceAndThenByWhenTheyWereFound) {
  Diagnostics all;
  all.Add(At(5, 9));
  all.Add(At(2, 3));
  all.Add(At(5, 6));
  const auto sorted = all.Sorted();
  EXPECT_EQ(sorted[0].span.begin, 2U);
  EXPECT_EQ(sorted[1].span.end, 9U);
  EXPECT_EQ(sorted[2].span.end, 6U);
}

TEST(PolicyDiagnostics, TheClosestWordIsAFewLettersAway) {
  const std::vector<std::string_view> words = {"type", "value", "valueType", "issuer"};
  EXPECT_EQ(ClosestWord("vaule", words), "value");
  EXPECT_EQ(ClosestWord("ValueTyp", words), "valueType");
  EXPECT_EQ(ClosestWord("VALUE", words), "value");
  EXPECT_EQ(ClosestWord("isuer", words), "issuer");
  EXPECT_EQ(ClosestWord("originalIssuer", words), "");
  EXPECT_EQ(ClosestWord("", words), "");
  EXPECT_EQ(ClosestWord(std::string(100'000, 'v'), words), "");
  EXPECT_EQ(ClosestWord("d", {"c"}), "");
  EXPECT_EQ(ClosestWord("NegateBol", {"AppendString", "NegateBool"}), "NegateBool");
  EXPECT_EQ(ClosestWord("c1", {}), "");
}

}  // namespace
}  // namespace vidimus
