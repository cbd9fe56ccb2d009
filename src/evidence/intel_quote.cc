#include "evidence/intel_quote.h"

#include <algorithm>
#include <string>

#include "base/byte_reader.h"
#include "base/hex.h"
#include "base/limits.h"

namespace vidimus {
namespace {

constexpr uint16_t kEcdsaP256 = 2;
constexpr uint16_t kLastVersion = 5;
constexpr size_t kSmallestQuote = 1020;  // section 1.5: 48 + 384 + 4 + 584
constexpr std::array<uint8_t, 16> kIntelVendorId = {0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                                    0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07};

std::string FoundExpected(uint64_t found, std::string_view expected) {
  return "found " + std::to_string(found) + ", expected " + std::string(expected);
}

// Versions 3 and 4 have one kind of body; version 5 says which and how long it is.
Status ReadBody(ByteReader& reader, const IntelQuoteFormat& format, IntelQuote& quote) {
  const IntelQuoteBody* body = format.bodies;
  if (quote.version == kLastVersion) {
    const uint16_t type = reader.U16Le();
    const uint32_t size = reader.U32Le();
    const IntelQuoteBody* const end = format.bodies + format.body_count;
    body = std::find_if(format.bodies, end, [&](const IntelQuoteBody& one) { return one.type == type; });
    if (body == end) return Fail(ErrorCode::kUnsupported, format.names.body_type, FoundExpected(type, format.types));
    if (size != body->size) return Fail(ErrorCode::kMalformed, format.names.body_size, FoundExpected(size, std::to_string(body->size)));
  }
  quote.body_type = body->type;
  quote.body = reader.View(body->size);
  return {};
}

// Section 1.1; leaves the reader after the body.
Status ReadHeaderAndBody(ByteReader& reader, const IntelQuoteFormat& format, IntelQuote& quote) {
  quote.version = reader.U16Le();
  if (quote.version < format.first_version || quote.version > kLastVersion)
    return Fail(ErrorCode::kUnsupported, format.names.version,
                FoundExpected(quote.version, format.first_version == 3 ? "3, 4 or 5" : "4 or 5"));
  const uint16_t key_type = reader.U16Le();
  if (key_type != kEcdsaP256)
    return Fail(ErrorCode::kUnsupported, format.names.attestation_key_type, FoundExpected(key_type, "2 (ECDSA-P256)"));
  const uint32_t tee = reader.U32Le();
  if (tee != format.tee_type) return Fail(ErrorCode::kUnsupported, format.names.tee_type, FoundExpected(tee, format.tee));
  reader.Skip(4);  // QE SVN and PCE SVN: never used, section 1.1
  const auto vendor = reader.Array<16>();
  if (vendor != kIntelVendorId)
    return Fail(ErrorCode::kUnsupported, format.names.qe_vendor_id,
                "found " + HexEncode(vendor) + ", expected " + HexEncode(kIntelVendorId));
  quote.user_data = reader.Array<20>();
  return ReadBody(reader, format, quote);
}

// The QE report, its signature, the QE auth data and the certification data: sections 1.5 and 1.6.
Status ReadQeReportAndCertification(ByteReader& reader, const IntelQuoteNames& names, IntelQuote& quote) {
  quote.qe_report_bytes = reader.View(kSgxReportBodySize);
  quote.qe_report_signature = reader.View(64);
  quote.qe_auth_data = reader.View(reader.U16Le());
  quote.certification_type = reader.U16Le();
  quote.certification_data = reader.View(reader.U32Le());
  if (!reader.ok() || reader.remaining() != 0)
    return Fail(ErrorCode::kMalformed, names.auth_data, "the auth data is not consumed exactly by its own lengths");
  if (quote.certification_type < 1 || quote.certification_type > 5)
    return Fail(ErrorCode::kUnsupported, names.certification_type, FoundExpected(quote.certification_type, "1 to 5"));
  VIDIMUS_TRY(quote.qe_report, ParseSgxReportBody(quote.qe_report_bytes));
  return {};
}

Status ReadAuthData(Bytes auth, const IntelQuoteNames& names, IntelQuote& quote) {
  ByteReader reader(auth);
  quote.signature = reader.View(64);
  quote.attestation_key = reader.View(64);
  if (quote.version == 3) return ReadQeReportAndCertification(reader, names, quote);
  const uint16_t outer_type = reader.U16Le();
  const uint32_t outer_size = reader.U32Le();
  if (!reader.ok() || outer_size != reader.remaining())
    return Fail(ErrorCode::kMalformed, names.auth_data, "the auth data is not consumed exactly by its own lengths");
  if (outer_type != 6) return Fail(ErrorCode::kUnsupported, names.certification_type, FoundExpected(outer_type, "6 as outer type"));
  ByteReader inner(reader.Rest());
  return ReadQeReportAndCertification(inner, names, quote);
}

}  // namespace

Result<IntelQuote> ParseIntelQuote(Bytes input, const IntelQuoteFormat& format) {
  const IntelQuoteNames& names = format.names;
  if (input.size() > limits::kQuoteBytes)
    return Fail(ErrorCode::kLimit, names.size, FoundExpected(input.size(), "at most " + std::to_string(limits::kQuoteBytes)));
  if (input.size() < kSmallestQuote)
    return Fail(ErrorCode::kMalformed, names.size, FoundExpected(input.size(), "at least " + std::to_string(kSmallestQuote)));
  ByteReader reader(input);
  IntelQuote quote{};
  VIDIMUS_CHECK_OK(ReadHeaderAndBody(reader, format, quote));
  quote.signed_region = input.first(reader.offset());
  const uint32_t auth_size = reader.U32Le();
  const Bytes auth = reader.View(auth_size);
  if (!reader.ok())
    return Fail(ErrorCode::kMalformed, names.auth_data_length,
                FoundExpected(auth_size, "at most the " + std::to_string(reader.remaining()) + " bytes that remain"));
  quote.whole = input.first(reader.offset());
  VIDIMUS_CHECK_OK(ReadAuthData(auth, names, quote));
  return quote;
}

}  // namespace vidimus
