#include "claims/attestation_type.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

TEST(AttestationType, EveryNameIsFoundAgain) {  // policy-language section 4.7
  for (const AttestationType type : kAttestationTypes) {
    EXPECT_FALSE(AttestationTypeName(type).empty());
    EXPECT_EQ(FindAttestationType(AttestationTypeName(type)), type);
  }
  EXPECT_EQ(AttestationTypeName(AttestationType::kSevSnpVm), "SevSnpVm");
}

TEST(AttestationType, IsFoundWithoutRegardToCase) {  // maa-rest-api section 1.1
  EXPECT_EQ(FindAttestationType("sevsnpvm"), AttestationType::kSevSnpVm);
  EXPECT_EQ(FindAttestationType("SevSnpVM"), AttestationType::kSevSnpVm);
  EXPECT_EQ(FindAttestationType("azureGuest"), AttestationType::kAzureGuest);
}

TEST(AttestationType, IsFoundByTheNamesOfTheAzureCommandLine) {  // maa-rest-api section 5.2
  EXPECT_EQ(FindAttestationType("SGX-IntelSDK"), AttestationType::kSgxEnclave);
  EXPECT_EQ(FindAttestationType("sgx-openenclavesdk"), AttestationType::kOpenEnclave);
  EXPECT_EQ(FindAttestationType("TPM"), AttestationType::kTpm);
}

TEST(AttestationType, AnAliasIsNeverShown) { EXPECT_EQ(AttestationTypeName(AttestationType::kOpenEnclave), "OpenEnclave"); }

TEST(AttestationType, WhatIsNoTypeIsNotFound) {
  for (const std::string_view name : {"", "Sgx", "SgxEnclave ", "SgxEnclaves", "SgxEnclav", "CyResComponent", "VbsEnclave"})
    EXPECT_FALSE(FindAttestationType(name)) << name;
}

}  // namespace
}  // namespace vidimus
