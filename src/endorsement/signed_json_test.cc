#include "endorsement/signed_json.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

const std::string kSignature = "\"signature\":\"" + std::string(128, 'a') + "\"";

std::string Document(std::string_view body) { return "{\"tcbInfo\":" + std::string(body) + "," + kSignature + "}"; }

std::string_view Refusal(std::string_view text) {
  const auto document = ParseSignedJson(text);
  return document ? "accepted" : document.error().where;
}

// intel-dcap section 4.1: the signature is over the exact octets as served.
TEST(SignedJson, TheSignedBytesAreTheDocumentsOwn) {
  for (const std::string_view body :
       {R"({"a":1})", R"({ "a" : 1 , "b":[ {} ] })", R"({"a":"}","b":"\"}{","c":"\\"})", "{}", R"({"a":{"b":{"c":"{"}}})"}) {
    const SignedJson document = ParseSignedJson(Document(body)).value();
    EXPECT_EQ(document.body, body);
    EXPECT_EQ(document.name, "tcbInfo");
    EXPECT_EQ(document.text, Document(body));
    EXPECT_EQ(document.value, ParseJson(body).value());
    EXPECT_EQ(document.signature, ByteVector(64, 0xaa));
  }
}

TEST(SignedJson, WhiteSpaceAroundTheDocumentIsNotSigned) {
  EXPECT_EQ(ParseSignedJson("\n{ \"tcbInfo\" : {\"a\": 1} , " + kSignature + " }\n").value().body, "{\"a\": 1}");
}

TEST(SignedJson, ABraceInTheNameDoesNotMoveTheBody) {
  for (const std::string_view name : {"a{b", "{", "}", "a\\\"{b", "{\\\\"}) {
    const auto document = ParseSignedJson("{\"" + std::string(name) + "\":{\"c\":1}," + kSignature + "}");
    ASSERT_TRUE(document) << name;
    EXPECT_EQ(document->body, "{\"c\":1}") << name;
  }
}

TEST(SignedJson, TheShapeIsOneObjectAndThenItsSignature) {
  for (const std::string& text : std::initializer_list<std::string>{
           std::string("[]"), std::string("{}"), "{" + kSignature + "}", "{\"a\":[]," + kSignature + "}", "{\"a\":1," + kSignature + "}",
           "{" + kSignature + ",\"a\":{}}", "{\"a\":{},\"signatur\":\"\"}", "{\"a\":{},\"signature\":1}",
           "{\"a\":{},\"b\":{}," + kSignature + "}", "{\"a\":{}," + kSignature + ",\"b\":{}}"})
    EXPECT_EQ(Refusal(text), "intel.signed_json.shape") << text;
}

TEST(SignedJson, TheSignatureHas128HexadecimalDigits) {
  for (const std::string& digits : {std::string(), std::string(126, 'a'), std::string(127, 'a'), std::string(129, 'a'),
                                    std::string(130, 'a'), std::string(128, 'g'), std::string(127, 'a') + "}"})
    EXPECT_EQ(Refusal("{\"a\":{},\"signature\":\"" + digits + "\"}"), "intel.signed_json.signature") << digits.size();
}

TEST(SignedJson, NoPrefixIsAccepted) {
  const std::string good = Document(R"({"a":"}"})");
  ASSERT_EQ(Refusal(good), "accepted");
  for (size_t size = 0; size < good.size(); ++size) EXPECT_NE(Refusal(good.substr(0, size)), "accepted") << size;
}

TEST(SignedJson, AMemberNamedTwiceIsRefused) {
  EXPECT_EQ(Refusal(Document(R"({"a":1,"a":1})")), "json.duplicate_member");
  EXPECT_EQ(Refusal("{\"signature\":{}," + kSignature + "}"), "json.duplicate_member");
}

TEST(SignedJson, MembersAreReadByTypeAndRange) {
  const Json object = ParseJson(R"({"text":"0A","number":5,"negative":-1,"fraction":1.0})").value();
  EXPECT_EQ(TextMember(object, "text", "intel.tcb_info.format").value(), "0A");
  EXPECT_EQ(HexMember(object, "text", 1, "intel.tcb_info.format").value(), ByteVector{10});
  EXPECT_EQ(IntegerMember(object, "number", 5, 5, "intel.tcb_info.format").value(), 5);
  EXPECT_EQ(IntegerMember(object, "negative", -1, 5, "intel.tcb_info.format").value(), -1);
  EXPECT_FALSE(TextMember(object, "number", "intel.tcb_info.format"));
  EXPECT_FALSE(TextMember(object, "absent", "intel.tcb_info.format"));
  EXPECT_FALSE(HexMember(object, "text", 2, "intel.tcb_info.format"));
  EXPECT_FALSE(IntegerMember(object, "number", 6, 9, "intel.tcb_info.format"));
  EXPECT_FALSE(IntegerMember(object, "number", 0, 4, "intel.tcb_info.format"));
  EXPECT_EQ(IntegerMember(object, "fraction", 0, 9, "intel.tcb_info.format").error().where, "intel.tcb_info.format");
}

}  // namespace
}  // namespace vidimus
