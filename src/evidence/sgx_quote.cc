#include "evidence/sgx_quote.h"

#include <string>

#include "base/byte_reader.h"
#include "base/hex.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr uint16_t kEcdsaP256 = 2;
constexpr size_t kSmallestQuote = 1020;  // section 1.5: 48 + 384 + 4 + 584
constexpr std::array<uint8_t, 16> kIntelVendorId = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                                    0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

std::string FoundExpected(uint64_t found, const std::string& expected) {
  return "found " + std::to_string(found) + ", expected " + expected;
}

// Section 1.1; leaves the reader at the body.
Status ReadHeader(ByteReader& reader, SgxQuote& quote) {
  quote.version = reader.U16Le();
  if (quote.version < 3 || quote.version > 5)
    return Fail(ErrorCode::kUnsupported, "sgx.quote.version", FoundExpected(quote.version, "3, 4 or 5"));
  const uint16_t key_type = reader.U16Le();
  if (key_type != kEcdsaP256)
    return Fail(ErrorCode::kUnsupported, "sgx.quote.attestation_key_type", FoundExpected(key_type, "2 (ECDSA-P256)"));
  const uint32_t tee = reader.U32Le();
  if (tee != 0) return Fail(ErrorCode::kUnsupported, "sgx.quote.tee_type", FoundExpected(tee, "0 (SGX)"));
  reader.Skip(4);  // QE SVN and PCE SVN: never used, section 1.1
  const auto vendor = reader.Array<16>();
  if (vendor != kIntelVendorId)
    return Fail(ErrorCode::kUnsupported, "sgx.quote.qe_vendor_id",
                "found " + HexEncode(vendor) + ", expected " + HexEncode(kIntelVendorId));
  quote.user_data = reader.Array<20>();
  if (quote.version == 5) {
    const uint16_t type = reader.U16Le();
    const uint32_t size = reader.U32Le();
    if (type != 1) return Fail(ErrorCode::kUnsupported, "sgx.quote.body_type", FoundExpected(type, "1 (SGX report body)"));
    if (size != kSgxReportBodySize) return Fail(ErrorCode::kMalformed, "sgx.quote.body_size", FoundExpected(size, "384"));
  }
  return {};
}

// The QE report, its signature, the QE auth data and the certification data: sections 1.5 and 1.6.
Status ReadQeReportAndCertification(ByteReader& reader, SgxQuote& quote) {
  quote.qe_report_bytes = reader.View(kSgxReportBodySize);
  quote.qe_report_signature = reader.View(64);
  quote.qe_auth_data = reader.View(reader.U16Le());
  quote.certification_type = reader.U16Le();
  quote.certification_data = reader.View(reader.U32Le());
  if (!reader.ok() || reader.remaining() != 0)
    return Fail(ErrorCode::kMalformed, "sgx.quote.auth_data", "the auth data is not consumed exactly by its own lengths");
  if (quote.certification_type < 1 || quote.certification_type > 5)
    return Fail(ErrorCode::kUnsupported, "sgx.quote.certification_type", FoundExpected(quote.certification_type, "1 to 5"));
  VIDIMUS_TRY(quote.qe_report, ParseSgxReportBody(quote.qe_report_bytes));
  return {};
}

Status ReadAuthData(Bytes auth, SgxQuote& quote) {
  ByteReader reader(auth);
  quote.signature = reader.View(64);
  quote.attestation_key = reader.View(64);
  if (quote.version == 3) return ReadQeReportAndCertification(reader, quote);
  const uint16_t outer_type = reader.U16Le();
  const uint32_t outer_size = reader.U32Le();
  if (!reader.ok() || outer_size != reader.remaining())
    return Fail(ErrorCode::kMalformed, "sgx.quote.auth_data", "the auth data is not consumed exactly by its own lengths");
  if (outer_type != 6) return Fail(ErrorCode::kUnsupported, "sgx.quote.certification_type", FoundExpected(outer_type, "6 as outer type"));
  ByteReader inner(reader.Rest());
  return ReadQeReportAndCertification(inner, quote);
}

}  // namespace

uint64_t SgxFlags(const SgxReportBody& body) { return ByteReader(body.attributes).U64Le(); }

Result<SgxReportBody> ParseSgxReportBody(Bytes input) {
  if (input.size() != kSgxReportBodySize) return Fail(ErrorCode::kMalformed, "sgx.report.size", FoundExpected(input.size(), "384"));
  ByteReader reader(input);
  SgxReportBody body;
  body.cpu_svn = reader.Array<16>();
  body.misc_select = reader.Array<4>();
  body.reserved1 = reader.View(12);
  body.isv_ext_prod_id = reader.Array<16>();
  body.attributes = reader.Array<16>();
  body.mr_enclave = reader.Array<32>();
  body.reserved2 = reader.View(32);
  body.mr_signer = reader.Array<32>();
  body.reserved3 = reader.View(32);
  body.config_id = reader.Array<64>();
  body.isv_prod_id = reader.U16Le();
  body.isv_svn = reader.U16Le();
  body.config_svn = reader.U16Le();
  body.reserved4 = reader.View(42);
  body.isv_family_id = reader.Array<16>();
  body.report_data = reader.Array<64>();
  return body;
}

Result<SgxQuote> ParseSgxQuote(Bytes input) {
  if (input.size() > limits::kQuoteBytes)
    return Fail(ErrorCode::kLimit, "sgx.quote.size", FoundExpected(input.size(), "at most " + std::to_string(limits::kQuoteBytes)));
  if (input.size() < kSmallestQuote)
    return Fail(ErrorCode::kMalformed, "sgx.quote.size", FoundExpected(input.size(), "at least " + std::to_string(kSmallestQuote)));
  ByteReader reader(input);
  SgxQuote quote{};
  VIDIMUS_CHECK_OK(ReadHeader(reader, quote));
  const Bytes body = reader.View(kSgxReportBodySize);
  VIDIMUS_TRY(quote.report, ParseSgxReportBody(body));
  quote.signed_region = input.first(reader.offset());
  const uint32_t auth_size = reader.U32Le();
  const Bytes auth = reader.View(auth_size);
  if (!reader.ok())
    return Fail(ErrorCode::kMalformed, "sgx.quote.auth_data_length",
                FoundExpected(auth_size, "at most the " + std::to_string(reader.remaining()) + " bytes that remain"));
  quote.whole = input.first(reader.offset());
  VIDIMUS_CHECK_OK(ReadAuthData(auth, quote));
  return quote;
}

}  // namespace vidimus
