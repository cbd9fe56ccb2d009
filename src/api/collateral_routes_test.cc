// What clients of PCS and PCCS are answered (intel-dcap sections 4.6 and 4.7), from recorded documents of Intel.
#include "api/collateral_routes.h"

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>

#include "base/hex.h"
#include "codec/form.h"
#include "codec/json.h"
#include "codec/pem.h"
#include "tests/support/vectors.h"

namespace vidimus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using namespace vidimus::testing;

const std::string kCollateral = "intel/collateral/";
constexpr UnixTime kJune2025 = 1749513600;   // 2025-06-10: lists of both TEEs are in force
constexpr UnixTime kMarch2026 = 1773100800;  // 2026-03-10: none is

std::string Recorded(const std::string& name) {
  const ByteVector content = ReadVector(kCollateral + name);
  return std::string(AsText(content));
}

std::string HeaderOf(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers)
    if (key == name) return value;
  return {};
}

class CollateralRoutes : public ::testing::Test {
 protected:
  void SetUp() override {
    VIDIMUS_REQUIRE_VECTORS();
    for (const auto& file : std::filesystem::recursive_directory_iterator(VectorFolder() + "/" + kCollateral))
      if (file.is_regular_file()) documents_.push_back({file.path().string(), ReadFile(file.path().string())});
    Hold(documents_);
    AddCollateralRoutes({[this] { return held_; }, [this] { return now_; }}, router_);
  }

  void Hold(const std::vector<NamedDocument>& documents) {
    auto loaded = IntelEndorsements::Load(documents, {IntelRootAnchor()});
    ASSERT_TRUE(loaded) << loaded.error().where << ": " << loaded.error().detail;
    held_ = std::make_shared<const IntelEndorsements>(*std::move(loaded));
  }
  void HoldAllBut(const std::string& part) {
    std::vector<NamedDocument> some;
    for (const NamedDocument& one : documents_)
      if (one.name.find(part) == std::string::npos) some.push_back(one);
    ASSERT_LT(some.size(), documents_.size()) << part;
    Hold(some);
  }

  HttpResponse Ask(const std::string& target, const std::string& method = "GET") const {
    HttpRequest request;
    request.method = method;
    request.target = target;
    HttpResponse out;
    router_.Handle(std::move(request), [&](HttpResponse response) { out = std::move(response); });
    return out;
  }
  void ExpectDocument(const std::string& target, const std::string& file, const std::string& chain_header) const {
    const HttpResponse response = Ask(target);
    EXPECT_EQ(response.status, 200) << target << ": " << response.body.substr(0, 300);
    EXPECT_EQ(response.body == Recorded(file), true) << target << ", expected " << file;
    EXPECT_EQ(HeaderOf(response, "Content-Type"), "application/json");
    const std::string chain = HeaderOf(response, chain_header);
    EXPECT_EQ(chain.find_first_of(" \n+"), std::string::npos);
    const auto decoded = DecodeFormText(chain);
    ASSERT_TRUE(decoded) << target;
    const auto blocks = ParsePem(*decoded, 2);
    ASSERT_TRUE(blocks) << target;
    EXPECT_EQ(blocks->size(), 2U);
    EXPECT_EQ(blocks->back().der, ReadVector(kCollateral + "chains/intel_sgx_root_ca.der"));
  }
  void ExpectRefused(const std::string& target, int status, const std::string& where, const std::string& said = "") const {
    const HttpResponse response = Ask(target);
    EXPECT_EQ(response.status, status) << target << ": " << response.body.substr(0, 300);
    EXPECT_THAT(response.body, HasSubstr("\"where\":\"" + where + "\"")) << target;
    EXPECT_THAT(response.body, HasSubstr(said)) << target;
  }

  std::vector<NamedDocument> documents_;
  std::shared_ptr<const IntelEndorsements> held_;
  UnixTime now_ = kJune2025;
  Router router_;
};

TEST_F(CollateralRoutes, GiveTcbInfoByTheNumberAskedFor) {
  ExpectDocument("/sgx/certification/v4/tcb?fmspc=00606a000000&tcbEvaluationDataNumber=18",
                 "tcbinfo/sgx_v3_00606a000000_e18_20250606T114229Z.json", "TCB-Info-Issuer-Chain");
  ExpectDocument("/sgx/certification/v4/tcb?tcbEvaluationDataNumber=19&fmspc=00606A000000",
                 "tcbinfo/sgx_v3_00606a000000_e19_20250606T123047Z.json", "TCB-Info-Issuer-Chain");
  ExpectDocument("/tdx/certification/v4/tcb?fmspc=90c06f000000&tcbEvaluationDataNumber=17",
                 "tcbinfo/tdx_v3_90c06f000000_e17_20250605T034345Z.json", "TCB-Info-Issuer-Chain");
  ExpectRefused("/sgx/certification/v4/tcb?fmspc=00606a000000&tcbEvaluationDataNumber=16", 404, "collateral.missing",
                "evaluation number 16, version 3");
}

TEST_F(CollateralRoutes, GiveTheStandardNumberUnlessTheNewestIsAskedFor) {
  for (const std::string query : {"", "&update=standard", "&update=STANDARD", "&clientid=production_client"})
    ExpectDocument("/tdx/certification/v4/tcb?fmspc=90c06f000000" + query, "tcbinfo/tdx_v3_90c06f000000_e17_20250605T034345Z.json",
                   "TCB-Info-Issuer-Chain");
  ExpectDocument("/sgx/certification/v4/tcb?fmspc=00606a000000&update=standard", "tcbinfo/sgx_v3_00606a000000_e17_20241210T061448Z.json",
                 "TCB-Info-Issuer-Chain");
  ExpectDocument("/sgx/certification/v4/tcb?fmspc=00606a000000&update=early", "tcbinfo/sgx_v3_00606a000000_e19_20250606T123047Z.json",
                 "TCB-Info-Issuer-Chain");
  ExpectDocument("/sgx/certification/v4/qe/identity", "qeidentity/qe_v2_e17_20250213T033312Z.json", "SGX-Enclave-Identity-Issuer-Chain");
  ExpectDocument("/sgx/certification/v4/qe/identity?update=early", "qeidentity/qe_v2_e19_20250606T120204Z.json",
                 "SGX-Enclave-Identity-Issuer-Chain");
  ExpectDocument("/tdx/certification/v4/qe/identity", "qeidentity/td_qe_v2_e17_20250604T094018Z.json", "SGX-Enclave-Identity-Issuer-Chain");
}

TEST_F(CollateralRoutes, KnowNoStandardWithoutAListInForce) {
  now_ = kMarch2026;
  ExpectRefused("/sgx/certification/v4/tcb?fmspc=00606a000000", 404, "collateral.standard", "update=early");
  ExpectRefused("/tdx/certification/v4/qe/identity?update=standard", 404, "collateral.standard", "list of TDX evaluation numbers");
  ExpectDocument("/tdx/certification/v4/tcb?fmspc=b0c06f000000&update=early", "tcbinfo/tdx_v3_b0c06f000000_e18_20260301T193643Z.json",
                 "TCB-Info-Issuer-Chain");
  now_ = kJune2025;
  HoldAllBut("/evalnumbers/");
  ExpectRefused("/sgx/certification/v4/tcb?fmspc=00606a000000", 404, "collateral.standard");
  ExpectRefused("/sgx/certification/v4/tcbevaluationdatanumbers", 404, "collateral.missing");
}

TEST_F(CollateralRoutes, GiveTheListOfEvaluationNumbersIssuedLast) {
  ExpectDocument("/sgx/certification/v4/tcbevaluationdatanumbers", "evalnumbers/sgx_20250605T020557Z.json",
                 "TCB-Evaluation-Data-Numbers-Issuer-Chain");
  ExpectDocument("/tdx/certification/v4/tcbevaluationdatanumbers", "evalnumbers/tdx_20250605T013132Z.json",
                 "TCB-Evaluation-Data-Numbers-Issuer-Chain");
  now_ = kMarch2026;
  ExpectDocument("/tdx/certification/v4/tcbevaluationdatanumbers", "evalnumbers/tdx_20251013T111710Z.json",
                 "TCB-Evaluation-Data-Numbers-Issuer-Chain");
}

TEST_F(CollateralRoutes, GiveTcbInfoOfVersion2WhereTheApiWasOfVersion3) {
  ExpectDocument("/sgx/certification/v3/tcb?fmspc=00606a000000", "tcbinfo/sgx_v2_00606a000000_e17_20250213T032942Z.json",
                 "SGX-TCB-Info-Issuer-Chain");
  ExpectRefused("/sgx/certification/v3/tcb?fmspc=00906ed50000&update=early", 404, "collateral.missing", "version 2");
  ExpectDocument("/sgx/certification/v3/qe/identity?update=early", "qeidentity/qe_v2_e19_20250606T120204Z.json",
                 "SGX-Enclave-Identity-Issuer-Chain");
  EXPECT_EQ(Ask("/tdx/certification/v3/tcb?fmspc=90c06f000000").status, 404);
}

TEST_F(CollateralRoutes, GiveCrlsInTheEncodingAskedFor) {
  const std::string platform = Recorded("crl/pck_platform_20250604T091931Z.der");
  const std::string path = "/sgx/certification/v4/pckcrl?ca=platform";
  EXPECT_EQ(Ask(path + "&encoding=der").body, platform);
  EXPECT_EQ(HeaderOf(Ask(path + "&encoding=der"), "Content-Type"), "application/pkix-crl");
  EXPECT_EQ(Ask(path).body, HexEncode(AsBytes(platform)));
  const auto pem = ParsePem(Ask(path + "&encoding=PEM").body, 1);
  ASSERT_TRUE(pem);
  EXPECT_EQ(pem->front().label, "X509 CRL");
  EXPECT_EQ(AsText(pem->front().der), platform);
  const auto chain = DecodeFormText(HeaderOf(Ask(path), "SGX-PCK-CRL-Issuer-Chain"));
  ASSERT_TRUE(chain);
  EXPECT_EQ(ParsePem(*chain, 2)->front().der, ParsePem(Recorded("chains/pck_crl_issuer_platform.pem"), 2)->front().der);
  const std::string root = Recorded("crl/rootca_20250320T112157Z.der");
  for (const std::string version : {"v3", "v4"})
    EXPECT_EQ(Ask("/sgx/certification/" + version + "/rootcacrl").body, HexEncode(AsBytes(root)));
}

TEST_F(CollateralRoutes, GiveNoCrlThatNobodyHasChecked) {
  HoldAllBut("/pck_crl_issuer_platform");
  ExpectRefused("/sgx/certification/v4/pckcrl?ca=platform", 404, "collateral.missing", "CRL of the PCK Platform CA");
}

TEST_F(CollateralRoutes, GiveTheCrlOfADistributionPointAndFetchFromNone) {
  const auto at = [&](const std::string& uri) { return Ask("/sgx/certification/v4/crl?uri=" + EncodeFormText(uri)); };
  EXPECT_EQ(at("https://certificates.trustedservices.intel.com/IntelSGXRootCA.der").body, Recorded("crl/rootca_20250320T112157Z.der"));
  EXPECT_EQ(at("https://api.trustedservices.intel.com/sgx/certification/v4/pckcrl?ca=platform&encoding=der").body,
            Recorded("crl/pck_platform_20250604T091931Z.der"));
  for (const std::string other :
       {"https://certificates.trustedservices.intel.com/Other.der", "http://127.0.0.1/", "file:///etc/passwd", ""})
    ExpectRefused("/sgx/certification/v4/crl?uri=" + EncodeFormText(other), 404, "collateral.uri");
  ExpectRefused("/sgx/certification/v4/crl", 400, "collateral.query");
}

TEST_F(CollateralRoutes, SayWhenADocumentIsPastItsNextUpdateAndGiveItAllTheSame) {
  EXPECT_EQ(HeaderOf(Ask("/tdx/certification/v4/tcb?fmspc=90c06f000000"), "Warning"), "");
  const HttpResponse late = Ask("/sgx/certification/v4/tcb?fmspc=00606a000000&tcbEvaluationDataNumber=17");
  EXPECT_EQ(late.status, 200);
  EXPECT_EQ(HeaderOf(late, "Warning"), "110 - \"Response is Stale\"");
}

TEST_F(CollateralRoutes, GiveNothingBeforeItIsIssued) {
  now_ = 1672531200;  // 2023-01-01
  ExpectRefused("/tdx/certification/v4/tcb?fmspc=b0c06f000000&update=early", 404, "collateral.missing");
  EXPECT_EQ(Ask("/sgx/certification/v4/rootcacrl").body, HexEncode(AsBytes(Recorded("crl/rootca_20220419T083118Z.der"))));
}

TEST_F(CollateralRoutes, RefuseQueriesThatSayNothingOrTwoThings) {
  const std::string tcb = "/sgx/certification/v4/tcb";
  for (const std::string bad :
       {"", "?fmspc=", "?fmspc=00606a00000", "?fmspc=00606a0000000", "?fmspc=00606a00000g", "?fmspc=00606a000000&fmspc=00606a000000",
        "?fmspc=00606a000000&update=late", "?fmspc=00606a000000&update=", "?fmspc=00606a000000&update=early&tcbEvaluationDataNumber=17",
        "?fmspc=00606a000000&tcbEvaluationDataNumber=", "?fmspc=00606a000000&tcbEvaluationDataNumber=-1",
        "?fmspc=00606a000000&tcbEvaluationDataNumber=17x", "?fmspc=00606a000000&tcbEvaluationDataNumber=9223372036854775808",
        "?fmspc=00606a000000&x=%zz", "?FMSPC=00606a000000"})
    ExpectRefused(tcb + bad, 400, "collateral.query");
  const std::string crl = "/sgx/certification/v4/pckcrl";
  for (const std::string bad : {"", "?ca=root", "?ca=", "?ca=platform&encoding=hex", "?ca=platform&ca=platform"})
    ExpectRefused(crl + bad, 400, "collateral.query");
}

TEST_F(CollateralRoutes, HaveNoPckCertificatesAndTakeNothing) {
  for (const std::string path : {"pckcert?qeid=00", "pckcerts", "pckcerts/config"})
    ExpectRefused("/sgx/certification/v4/" + path, 404, "collateral.pck_certificates", "not kept here");
  EXPECT_EQ(Ask("/sgx/certification/v4/platforms").status, 404);
  EXPECT_EQ(Ask("/sgx/certification/v4/rootcacrl", "POST").status, 405);
}

TEST_F(CollateralRoutes, AnswerFromWhatIsHeldAtTheMoment) {
  const std::string path = "/sgx/certification/v4/tcb?fmspc=00606a000000&tcbEvaluationDataNumber=18";
  EXPECT_EQ(Ask(path).status, 200);
  HoldAllBut("sgx_v3_00606a000000_e18");
  EXPECT_EQ(Ask(path).status, 404);
  held_ = nullptr;
  ExpectRefused(path, 503, "collateral.unavailable");
}

}  // namespace
}  // namespace vidimus
