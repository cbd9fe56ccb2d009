#include "claims/catalogue.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace vidimus {
namespace {

using Direction = ClaimDirection;

std::string Named(AttestationType type, const CatalogueEntry& entry) {
  return std::string(AttestationTypeName(type)) + " " + std::string(entry.name);
}

TEST(ClaimCatalogue, EveryEntryIsWhole) {
  for (const AttestationType type : kAttestationTypes)
    for (const CatalogueEntry& entry : ClaimCatalogue(type)) {
      const std::string name = Named(type, entry);
      EXPECT_FALSE(entry.name.empty() || entry.source.empty()) << name;
      EXPECT_TRUE(entry.meaning.ends_with('.')) << name;
      EXPECT_TRUE(entry.since == "1.0" || entry.since == "1.1" || entry.since == "1.2") << name;
      EXPECT_TRUE(entry.until.empty() || entry.until >= entry.since) << name;
      EXPECT_TRUE(entry.encoding == ClaimEncoding::kPlain || entry.type == ClaimValueType::kString) << name;
      EXPECT_TRUE(entry.octets == 0 || entry.encoding == ClaimEncoding::kHex) << name;
      EXPECT_TRUE(entry.outgoing() || !entry.reserved || entry.name.starts_with("x-vidimus-")) << name;
    }
}

TEST(ClaimCatalogue, NoNameIsTwiceAmongClaimsOrAmongProperties) {
  for (const AttestationType type : kAttestationTypes) {
    std::set<std::pair<bool, std::string_view>> seen;
    for (const CatalogueEntry& entry : ClaimCatalogue(type))
      EXPECT_TRUE(seen.emplace(entry.direction == Direction::kProperty, entry.name).second) << Named(type, entry);
  }
}

TEST(ClaimCatalogue, IncomingClaimsComeFirstAndPropertiesLast) {
  const auto group = [](const CatalogueEntry& entry) { return entry.direction == Direction::kProperty ? 2 : entry.incoming() ? 0 : 1; };
  for (const AttestationType type : kAttestationTypes) {
    int last = 0;
    for (const CatalogueEntry& entry : ClaimCatalogue(type)) {
      EXPECT_GE(group(entry), last) << Named(type, entry);
      last = group(entry);
    }
  }
}

TEST(ClaimCatalogue, AnOldNameHasTheFormOfTheClaimItRepeats) {
  for (const AttestationType type : kAttestationTypes)
    for (const CatalogueEntry& entry : ClaimCatalogue(type)) {
      if (entry.alias_of.empty()) continue;
      const CatalogueEntry* of = nullptr;
      for (const CatalogueEntry& other : ClaimCatalogue(type))
        if (other.name == entry.alias_of && other.direction != Direction::kProperty) of = &other;
      ASSERT_NE(of, nullptr) << Named(type, entry);
      EXPECT_TRUE(of->alias_of.empty() && of->type == entry.type && of->encoding == entry.encoding && of->octets == entry.octets &&
                  of->role == entry.role)
          << Named(type, entry);
    }
}

// What policies may test and set, of every type: policy-language sections 3 and 4.
TEST(ClaimCatalogue, HoldsTheDocumentedIncomingClaims) {
  const std::pair<AttestationType, std::vector<std::string_view>> kDocumented[] = {
      {AttestationType::kSgxEnclave,
       {"x-ms-attestation-type", "x-ms-sgx-is-debuggable", "x-ms-sgx-product-id", "x-ms-sgx-mrsigner", "x-ms-sgx-mrenclave", "x-ms-sgx-svn",
        "$is-debuggable", "$product-id", "$sgx-mrsigner", "$sgx-mrenclave", "$svn", "$tee"}},
      {AttestationType::kSevSnpVm,
       {"x-ms-sevsnpvm-familyId", "x-ms-sevsnpvm-imageId", "x-ms-sevsnpvm-launchmeasurement", "x-ms-compliance-status"}},
      {AttestationType::kTdxVm, {"attester_tcb_status", "dbgstat", "tdx_mrtd", "tdx_rtmr3", "tdx_td_attributes_septve_disable"}},
      {AttestationType::kAzureGuest, {"secureboot", "x-ms-azurevm-dbxvalidated", "x-ms-isolation-tee", "x-ms-azurevm-vmid"}},
      {AttestationType::kTpm,
       {"aikValidated", "aikPubHash", "tpmVersion", "secureBootEnabled", "iommuEnabled", "bootDebuggingDisabled", "notSafeMode", "notWinPE",
        "vbsEnabled", "vbsReportPresent", "vsmReportPresent", "enclaveAuthorId", "enclaveFlags", "events", "bootEvents", "pcrs",
        "x-ms-tpm-request-key", "x-ms-tpm-other-keys"}}};
  for (const auto& [type, names] : kDocumented)
    for (const std::string_view name : names) EXPECT_NE(FindIncoming(type, name), nullptr) << name;
  for (const char* name : {"require_valid_aik_cert", "required_pcr_mask", "report_validity_in_minutes", "omit_x5c"}) {
    EXPECT_NE(FindProperty(AttestationType::kTpm, name), nullptr) << name;
    EXPECT_EQ(FindProperty(AttestationType::kSgxEnclave, name), nullptr) << name;
  }
  EXPECT_EQ(ClaimCatalogue(AttestationType::kSgxEnclave).size(), ClaimCatalogue(AttestationType::kOpenEnclave).size());
}

TEST(ClaimCatalogue, OnlyPcrsAreReadOnly) {  // policy-language section 2.8
  for (const AttestationType type : kAttestationTypes)
    for (const CatalogueEntry& entry : ClaimCatalogue(type)) EXPECT_EQ(entry.read_only, entry.name == "pcrs") << Named(type, entry);
}

TEST(ClaimCatalogue, TellsAClaimFromAPropertyOfTheSameName) {
  const CatalogueEntry* claim = FindIncoming(AttestationType::kSgxEnclave, "x-ms-sgx-tcbidentifier");
  const CatalogueEntry* property = FindProperty(AttestationType::kSgxEnclave, "x-ms-sgx-tcbidentifier");
  ASSERT_TRUE(claim != nullptr && property != nullptr);
  EXPECT_EQ(claim->direction, Direction::kBoth);
  EXPECT_EQ(property->direction, Direction::kProperty);
  EXPECT_EQ(property->since, "1.1");
}

TEST(ClaimCatalogue, KnowsNamesExactlyAndOfTheirTypeOnly) {
  EXPECT_EQ(FindIncoming(AttestationType::kSgxEnclave, "X-MS-SGX-SVN"), nullptr);
  EXPECT_EQ(FindIncoming(AttestationType::kSevSnpVm, "x-ms-sgx-svn"), nullptr);
  EXPECT_EQ(FindIncoming(AttestationType::kSgxEnclave, "x-ms-sgx-ehd"), nullptr);  // tokens have it, policies do not see it
  EXPECT_EQ(FindIncoming(AttestationType::kSgxEnclave, ""), nullptr);
}

std::string_view Like(std::string_view name, AttestationType type = AttestationType::kSgxEnclave,
                      Direction direction = Direction::kIncoming) {
  const CatalogueEntry* found = FindSimilar(type, name, direction);
  return found == nullptr ? "" : found->name;
}

TEST(ClaimCatalogue, FindsWhatAMisspeltNameMayHaveMeant) {
  EXPECT_EQ(Like("x-ms-sgx-mrsinger"), "x-ms-sgx-mrsigner");
  EXPECT_EQ(Like("X-MS-SGX-SVN"), "x-ms-sgx-svn");
  EXPECT_EQ(Like("x-ms-sgx-is-debugable"), "x-ms-sgx-is-debuggable");
  EXPECT_EQ(Like("requried_pcr_mask", AttestationType::kTpm, Direction::kProperty), "required_pcr_mask");
  EXPECT_EQ(Like("department"), "");
  EXPECT_EQ(Like(""), "");
  EXPECT_EQ(Like(std::string(65, 'x')), "");
}

TEST(ReservedNames, AreThoseThatOnlyTheServiceGivesAMeaningTo) {  // policy-language section 2.9, A13
  for (const char* name : {"exp",
                           "iat",
                           "iss",
                           "jti",
                           "nbf",
                           "aud",
                           "sub",
                           "cnf",
                           "nonce",
                           "x-ms-ver",
                           "x-ms-policy",
                           "x-ms-policy-hash",
                           "x-ms-policy-signer",
                           "x-ms-runtime",
                           "x-ms-inittime",
                           "x-ms-sgx-ehd",
                           "maa-ehd",
                           "aas-ehd",
                           "x-ms-sgx-collateral",
                           "x-ms-sgx-config-id",
                           "x-ms-sgx-config-svn",
                           "x-ms-sgx-isv-extended-product-id",
                           "x-ms-sgx-isv-family-id",
                           "x-vidimus-mode",
                           "x-vidimus-fmspc",
                           "x-vidimus-of-a-later-version",
                           "x-ms-sevsnpvm-launchmeasurement",
                           "tdx_mrtd",
                           "secureboot"})
    EXPECT_TRUE(IsReservedInTokens(name)) << name;
}

TEST(ReservedNames, LeavePoliciesWhatTheDefaultPolicyIssuesAndEverythingElse) {  // maa-rest-api section 2.5
  for (const char* name : {"is-debuggable", "product-id", "sgx-mrenclave", "sgx-mrsigner", "svn", "tee", "department", "", "x-vidimus",
                           "secureBootEnabled", "report_validity_in_minutes", "EXP"})
    EXPECT_FALSE(IsReservedInTokens(name)) << name;
}

}  // namespace
}  // namespace vidimus
