#include "codec/json.h"

#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace vidimus {
namespace {

std::string_view Refusal(std::string_view text) {
  const auto result = ParseJson(text);
  return result ? "accepted" : result.error().where;
}

std::string Nested(size_t depth, char open, char close, std::string_view inside = "") {
  return std::string(depth, open) + std::string(inside) + std::string(depth, close);
}

std::string NestedObjects(size_t depth) {
  std::string text;
  for (size_t i = 0; i < depth; ++i) text += R"({"a":)";
  return text + "0" + std::string(depth, '}');
}

TEST(Json, ReadsEveryKindOfValue) {
  EXPECT_TRUE(ParseJson("null").value().is_null());
  EXPECT_EQ(ParseJson("true").value(), Json(true));
  EXPECT_EQ(ParseJson("false").value(), Json(false));
  EXPECT_EQ(ParseJson("-7").value(), Json(-7));
  EXPECT_EQ(ParseJson("1.5").value(), Json(1.5));
  EXPECT_EQ(ParseJson("\"x\"").value(), Json("x"));
  EXPECT_EQ(ParseJson("[]").value(), Json(JsonArray{}));
  EXPECT_EQ(ParseJson("{}").value(), Json(JsonObject{}));
  EXPECT_EQ(ParseJson(R"([1,"a",[null],{"b":true}])").value(),
            Json(JsonArray{Json(1), Json("a"), Json(JsonArray{Json()}), Json(JsonObject{{"b", Json(true)}})}));
}

TEST(Json, NamesTheTypeOfEveryValue) {
  EXPECT_EQ(Json().TypeName(), "null");
  EXPECT_EQ(Json(true).TypeName(), "boolean");
  EXPECT_EQ(Json(1).TypeName(), "integer");
  EXPECT_EQ(Json(uint64_t{1}).TypeName(), "integer");
  EXPECT_EQ(Json(1.5).TypeName(), "number");
  EXPECT_EQ(Json("").TypeName(), "string");
  EXPECT_EQ(Json(JsonArray{}).TypeName(), "array");
  EXPECT_EQ(Json(JsonObject{}).TypeName(), "object");
}

TEST(Json, FindsMembersByTheirExactName) {
  const Json json = ParseJson(R"({"a":1,"A":2,"":3})").value();
  ASSERT_NE(json.Find("a"), nullptr);
  EXPECT_EQ(*json.Find("a"), Json(1));
  EXPECT_EQ(*json.Find("A"), Json(2));
  EXPECT_EQ(*json.Find(""), Json(3));
  EXPECT_EQ(json.Find("b"), nullptr);
  EXPECT_EQ(Json(JsonArray{}).Find("a"), nullptr);
  EXPECT_EQ(Json().Find("a"), nullptr);
}

TEST(Json, WhiteSpaceMaySurroundTheValueAndNothingElseMay) {
  EXPECT_EQ(Refusal(" \t\r\n{} \t\r\n"), "accepted");
  for (const std::string_view text : {"{} {}", "{}x", "1 2", "null,", "[]]", "\xef\xbb\xbf{}", "{}\f"})
    EXPECT_EQ(Refusal(text), "json.syntax") << text;
  EXPECT_EQ(Refusal(std::string("{}\0", 3)), "json.syntax");
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const std::string_view text : {"",         " ",         "nul", "True",    "{",      "[1,]",    "{\"a\":1,}", "{\"a\"}", "{a:1}",
                                      "'a'",      "01",        "+1",  ".5",      "1.",     "1e",      "-",          "0x1",     "NaN",
                                      "Infinity", "-Infinity", "\"a", "\"\\x\"", "\"\n\"", "// c\n1", "/* c */1",   "[1 2]",   "\"\\u12\""})
    EXPECT_EQ(Refusal(text), "json.syntax") << text;
}

TEST(Json, NoPrefixOfAnObjectIsAccepted) {
  const std::string_view good = R"({"a":[1,-2.5,"x\u00e9\ud83d\ude00",{"b":null}],"c":true})";
  ASSERT_EQ(Refusal(good), "accepted");
  for (size_t size = 0; size < good.size(); ++size) EXPECT_EQ(Refusal(good.substr(0, size)), "json.syntax") << size;
}

TEST(Json, DepthIsAcceptedUpToTheLimitAndNotOnePast) {
  EXPECT_EQ(Refusal(Nested(limits::kJsonDepth, '[', ']')), "accepted");
  EXPECT_EQ(Refusal(Nested(limits::kJsonDepth, '[', ']', "1")), "accepted");
  EXPECT_EQ(Refusal(Nested(limits::kJsonDepth + 1, '[', ']')), "json.depth");
  EXPECT_EQ(Refusal(NestedObjects(limits::kJsonDepth)), "accepted");
  EXPECT_EQ(Refusal(NestedObjects(limits::kJsonDepth + 1)), "json.depth");
}

TEST(Json, SizeIsAcceptedUpToTheLimitAndNotOnePast) {
  std::string text = "1" + std::string(limits::kJsonBytes - 1, ' ');
  EXPECT_EQ(Refusal(text), "accepted");
  text += ' ';
  EXPECT_EQ(Refusal(text), "json.size");
}

TEST(Json, AStringAsLongAsTheWholeTextMayBeIsReadWhole) {
  const std::string inside(limits::kJsonBytes - 2, 'x');
  EXPECT_EQ(*ParseJson('"' + inside + '"').value().AsString(), inside);
}

TEST(Json, DuplicateMembersAreRefusedAtEveryDepth) {
  EXPECT_EQ(Refusal(R"({"a":1,"a":1})"), "json.duplicate_member");
  EXPECT_EQ(Refusal(R"({"a":1,"b":2,"c":3,"a":4})"), "json.duplicate_member");
  EXPECT_EQ(Refusal(R"([{"x":{"a":1,"a":2}}])"), "json.duplicate_member");
  EXPECT_EQ(Refusal(R"({"":1,"":2})"), "json.duplicate_member");
}

TEST(Json, DuplicateMembersAreRefusedWhateverTheirSpelling) {
  EXPECT_EQ(Refusal(R"({"a":1,"\u0061":2})"), "json.duplicate_member");
  EXPECT_EQ(Refusal(R"({"\u00e9":1,"é":2})"), "json.duplicate_member");
}

TEST(Json, TheSameNameInDifferentObjectsIsNoDuplicate) {
  EXPECT_EQ(Refusal(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":2}]})"), "accepted");
  EXPECT_EQ(Refusal(R"({"a":1,"A":2})"), "accepted");
}

TEST(Json, IntegersAreExactUpToTheirLimits) {
  EXPECT_EQ(*ParseJson("9007199254740993").value().AsInt(), 9007199254740993);
  EXPECT_EQ(*ParseJson("9223372036854775807").value().AsInt(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(*ParseJson("-9223372036854775808").value().AsInt(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(*ParseJson("9223372036854775808").value().AsUint(), uint64_t{1} << 63);
  EXPECT_EQ(*ParseJson("18446744073709551615").value().AsUint(), std::numeric_limits<uint64_t>::max());
}

TEST(Json, AnIntegerOnePastItsLimitIsRefusedNotRounded) {
  for (const std::string_view text :
       {"18446744073709551616", "-9223372036854775809", "99999999999999999999999999", "[18446744073709551616]"})
    EXPECT_EQ(Refusal(text), "json.syntax") << text;
}

TEST(Json, NumbersWithAFractionOrAnExponentAreDoubles) {
  EXPECT_NE(ParseJson("1.0").value().AsDouble(), nullptr);
  EXPECT_EQ(*ParseJson("1e3").value().AsDouble(), 1000.0);
  EXPECT_EQ(*ParseJson("-2.5E-1").value().AsDouble(), -0.25);
  EXPECT_NE(ParseJson("18446744073709551616.0").value().AsDouble(), nullptr);
}

TEST(Json, ANumberTooLargeForADoubleIsRefusedNotInfinite) {
  EXPECT_EQ(Refusal("1e308"), "accepted");
  for (const std::string_view text : {"1e309", "-1e309", "1e400", "[1.8e308]", "1e99999999999"})
    EXPECT_EQ(Refusal(text), "json.syntax") << text;
}

TEST(Json, DoublesAreTheNearestToTheirText) {
  EXPECT_EQ(*ParseJson("-2.5e-300").value().AsDouble(), -2.5e-300);
  EXPECT_EQ(*ParseJson("0.30000000000000004").value().AsDouble(), 0.1 + 0.2);
  EXPECT_EQ(*ParseJson("5e-324").value().AsDouble(), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(*ParseJson("1.7976931348623157e308").value().AsDouble(), std::numeric_limits<double>::max());
}

TEST(Json, DoublesAreWrittenShortAndStayDoubles) {
  EXPECT_EQ(WriteJson(Json(1.0)), "1.0");
  EXPECT_EQ(WriteJson(Json(-0.1)), "-0.1");
  EXPECT_EQ(WriteJson(Json(1e300)), "1e+300");
  EXPECT_EQ(WriteJson(Json(std::numeric_limits<double>::infinity())), "null");
}

TEST(Json, EscapesAreUndone) {
  EXPECT_EQ(*ParseJson(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00")").value().AsString(), "\"\\/\b\f\n\r\tAé😀");
  EXPECT_EQ(*ParseJson(R"("a\u0000b")").value().AsString(), std::string("a\0b", 3));
}

TEST(Json, KeysWithEscapesAreReadWhole) {
  const Json json = ParseJson(R"({"a\n\u0062c":1,"d":2})").value();
  EXPECT_NE(json.Find("a\nbc"), nullptr);
  EXPECT_NE(json.Find("d"), nullptr);
}

TEST(Json, HalvesOfSurrogatePairsAreRefused) {
  for (const std::string_view text : {R"("\ud800")", R"("\udc00")", R"("\ud800x")", R"("\ud800\u0041")"})
    EXPECT_EQ(Refusal(text), "json.syntax") << text;
}

TEST(Json, InvalidUtf8IsRefusedInStringsAndNames) {
  for (const std::string_view bad :
       {"\x80", "\xc0\x80", "\xc3", "\xe2\x82", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xf4\x90\x80\x80", "\xff"}) {
    EXPECT_EQ(Refusal('"' + std::string(bad) + '"'), "json.syntax");
    EXPECT_EQ(Refusal("{\"" + std::string(bad) + "\":1}"), "json.syntax");
  }
}

TEST(Json, MembersKeepTheOrderTheyWereReadIn) {
  EXPECT_EQ(WriteJson(ParseJson(R"({ "b" : 1, "a" : [ 2, {"d":3,"c":4} ] })").value()), R"({"b":1,"a":[2,{"d":3,"c":4}]})");
}

TEST(Json, SortedWritingOrdersNamesByOctetAtEveryDepth) {
  EXPECT_EQ(WriteJson(ParseJson(R"({"b":1,"a":[{"d":3,"c":4}],"é":0,"B":5,"":6,"a0":7})").value(), JsonOrder::kSorted),
            R"({"":6,"B":5,"a":[{"c":4,"d":3}],"a0":7,"b":1,"é":0})");
}

TEST(Json, WritesControlCharactersEscapedAndTheRestAsItIs) {
  EXPECT_EQ(WriteJson(Json(std::string("\0\x1f\"\\/\b\f\n\r\t\x7fé", 13))), "\"\\u0000\\u001f\\\"\\\\/\\b\\f\\n\\r\\t\x7fé\"");
}

TEST(Json, WhatIsWrittenReadsBackTheSame) {
  for (const std::string_view text :
       {"null", "true", "false", "0", "-1", "18446744073709551615", "-9223372036854775808", "0.1", "-2.5e-300", "1.0",
        "1.7976931348623157e308", R"("\u0000\ud83d\ude00")", "[]", "{}", R"({"a":[{},[],null,""],"b":{"c":{"d":[1.5,2]}}})"}) {
    const Json value = ParseJson(text).value();
    EXPECT_EQ(ParseJson(WriteJson(value)).value(), value) << text;
  }
}

}  // namespace
}  // namespace vidimus
