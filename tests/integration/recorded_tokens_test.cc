// Every member of the recorded tokens is in the catalogue, in the form the catalogue gives it.
#include <algorithm>

#include <gtest/gtest.h>

#include "base/base64url.h"
#include "base/hex.h"
#include "claims/catalogue.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

const CatalogueEntry* FindOutgoing(AttestationType type, std::string_view name) {
  for (const CatalogueEntry& entry : ClaimCatalogue(type))
    if (entry.outgoing() && entry.name == name) return &entry;
  return nullptr;
}

// Whether `json` is what a token shows of `entry`.
bool Fits(const CatalogueEntry& entry, const Json& json) {
  if (entry.encoding == ClaimEncoding::kJson) return json.AsObject() != nullptr || json.AsArray() != nullptr;
  if (const JsonArray* several = json.AsArray()) {
    return std::all_of(several->begin(), several->end(), [&](const Json& one) { return Fits(entry, one); });
  }
  if (entry.type == ClaimValueType::kBoolean) return json.AsBool() != nullptr;
  if (entry.type == ClaimValueType::kInteger) return json.AsInt() != nullptr;
  const std::string* text = json.AsString();
  if (text == nullptr) return false;
  if (entry.encoding == ClaimEncoding::kBase64Url) return Base64UrlDecodeStrict(*text).has_value();
  if (entry.encoding != ClaimEncoding::kHex) return true;
  const auto octets = HexDecode(*text);
  return octets && HexEncode(*octets) == *text && (entry.octets == 0 || octets->size() == entry.octets);
}

void ExpectInCatalogue(AttestationType type, const Json& claims) {
  ASSERT_NE(claims.AsObject(), nullptr) << AttestationTypeName(type);
  for (const auto& [name, value] : *claims.AsObject()) {
    const CatalogueEntry* entry = FindOutgoing(type, name);
    ASSERT_NE(entry, nullptr) << AttestationTypeName(type) << " " << name;
    EXPECT_TRUE(Fits(*entry, value)) << AttestationTypeName(type) << " " << name << ": " << WriteJson(value);
  }
}

Json PayloadOf(const std::string& file) {
  const ByteVector content = testing::ReadVector(file);
  const std::string_view token = AsText(content);
  const size_t start = token.find('.') + 1;
  const auto payload = Base64UrlDecodeStrict(token.substr(start, token.find('.', start) - start));
  EXPECT_TRUE(payload) << file;
  const auto json = ParseJson(payload ? AsText(*payload) : "");
  EXPECT_TRUE(json) << file;
  return json.value_or(Json());
}

TEST(RecordedTokens, OfAzureGuestAndItsPlatformAreInTheCatalogue) {  // maa-rest-api section 2.7
  VIDIMUS_REQUIRE_VECTORS();
  for (const char* file : {"maa/azureguest/token-aks-sharedwus-2022-09-07.jwt", "maa/azureguest/token-sharedweu-2023-03-30.jwt"}) {
    const Json payload = PayloadOf(file);
    ExpectInCatalogue(AttestationType::kAzureGuest, payload);
    const Json* platform = payload.Find("x-ms-isolation-tee");
    ASSERT_NE(platform, nullptr) << file;
    ExpectInCatalogue(AttestationType::kSevSnpVm, *platform);
  }
}

TEST(RecordedTokens, OfSevSnpVmAreInTheCatalogue) {  // maa-rest-api section 2.6
  VIDIMUS_REQUIRE_VECTORS();
  ExpectInCatalogue(AttestationType::kSevSnpVm, PayloadOf("maa/sevsnp/token-aci-sharedweu-2025-04-08.jwt.txt"));
}

TEST(RecordedTokens, OfTdxVmAreInTheCatalogue) {  // maa-rest-api section 2.8
  VIDIMUS_REQUIRE_VECTORS();
  ExpectInCatalogue(AttestationType::kTdxVm, testing::ReadVectorJson("maa/tdx/doc-token-claims.json"));
}

TEST(RecordedTokens, OfTpmAreInTheCatalogue) {  // maa-rest-api section 2.9
  VIDIMUS_REQUIRE_VECTORS();
  ExpectInCatalogue(AttestationType::kTpm, PayloadOf("maa/tpm/token-events-2025-01-29.jwt"));
}

}  // namespace
}  // namespace vidimus
