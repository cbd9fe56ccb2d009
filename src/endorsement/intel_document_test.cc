// Names of Intel's documents, and that an older one never takes the place of a newer.
#include "endorsement/intel_document.h"

#include <gtest/gtest.h>

namespace vidimus {
namespace {

using Kind = IntelDocumentKind;

TEST(IntelDocumentNames, SayWhatADocumentSpeaksFor) {
  EXPECT_EQ(IntelDocumentName({Kind::kTcbInfo, IntelTee::kTdx, "00806f050000", 17}),
            "TDX TCB info of FMSPC 00806f050000, evaluation number 17");
  EXPECT_EQ(IntelDocumentName({Kind::kTcbInfo, IntelTee::kSgx, "00806f050000", {}}), "SGX TCB info of FMSPC 00806f050000");
  EXPECT_EQ(IntelDocumentName({Kind::kQeIdentity, IntelTee::kTdx, "", 18}), "identity of the TDX quoting enclave, evaluation number 18");
  EXPECT_EQ(IntelDocumentName({Kind::kEvaluationNumbers, IntelTee::kSgx, "", {}}), "list of SGX evaluation numbers");
  EXPECT_EQ(IntelDocumentName({Kind::kPckCrl, IntelTee::kSgx, "platform", {}}), "CRL of the PCK Platform CA");
  EXPECT_EQ(IntelDocumentName({Kind::kPckCrl, IntelTee::kSgx, "processor", {}}), "CRL of the PCK Processor CA");
  EXPECT_EQ(IntelDocumentName({Kind::kRootCrl, IntelTee::kSgx, "", {}}), "CRL of the root");
}

TEST(IntelDocumentNames, TellTheTwoPckCas) {
  EXPECT_EQ(PckCaId(kIntelPlatformCaName), "platform");
  EXPECT_EQ(PckCaId(kIntelProcessorCaName), "processor");
  EXPECT_EQ(PckCaId(kIntelRootName), "");
}

HeldIntelDocument Info(UnixTime issued) {
  HeldIntelDocument out;
  out.key = {Kind::kTcbInfo, IntelTee::kSgx, "00606a000000", 17};
  out.issued = issued;
  return out;
}

HeldIntelDocument List(const ByteVector& number, UnixTime issued) {
  HeldIntelDocument out;
  out.key = {Kind::kRootCrl, IntelTee::kSgx, "", {}};
  out.crl_number = number;
  out.issued = issued;
  return out;
}

TEST(IntelRollback, AnEarlierIssueDateNeverReplacesALaterOne) {
  EXPECT_TRUE(CheckNoRollback(Info(100), Info(101)));
  EXPECT_TRUE(CheckNoRollback(Info(100), Info(100)));
  const Status back = CheckNoRollback(Info(100), Info(99));
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().where, "endorsement.rollback");
  EXPECT_EQ(back.error().detail,
            "SGX TCB info of FMSPC 00606a000000, evaluation number 17: found 1970-01-01T00:01:39Z, expected none before "
            "1970-01-01T00:01:40Z, which is held");
}

TEST(IntelRollback, OfCrlsTheNumberDecidesAndOfOneNumberTheDate) {
  EXPECT_TRUE(CheckNoRollback(List({1}, 100), List({2}, 50)));
  EXPECT_TRUE(CheckNoRollback(List({1}, 100), List({0, 1}, 100))) << "leading zeros count for nothing";
  EXPECT_TRUE(CheckNoRollback(List({0xff}, 100), List({1, 0}, 100))) << "a longer number is greater";
  EXPECT_FALSE(CheckNoRollback(List({1, 0}, 100), List({0xff}, 200)));
  EXPECT_FALSE(CheckNoRollback(List({2}, 100), List({1}, 200)));
  EXPECT_TRUE(CheckNoRollback(List({1}, 100), List({1}, 200))) << "Intel numbers every CRL 1";
  EXPECT_FALSE(CheckNoRollback(List({1}, 100), List({1}, 99)));
}

}  // namespace
}  // namespace vidimus
