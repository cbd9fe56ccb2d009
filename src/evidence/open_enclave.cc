#include "evidence/open_enclave.h"

#include <array>
#include <string>

#include "base/byte_reader.h"
#include "base/hex.h"
#include "base/limits.h"

namespace vidimus {
namespace {

using Uuid = std::array<uint8_t, 16>;
constexpr Uuid kSgxEcdsa = {0xa3, 0xa2, 0x1e, 0x87, 0x1b, 0x4d, 0x40, 0x14, 0xb7, 0x0a, 0xa1, 0x25, 0xd2, 0xfb, 0xcd, 0x8c};
constexpr Uuid kLegacyReport = {0xc8, 0x30, 0x34, 0x54, 0xd9, 0x23, 0x4c, 0x2c, 0xa6, 0x91, 0xdf, 0x7d, 0xef, 0x46, 0x0a, 0x76};
constexpr Uuid kRawQuote = {0x19, 0x23, 0xd9, 0x1e, 0x12, 0xd2, 0x4c, 0x72, 0xb2, 0x20, 0x25, 0xcd, 0x8d, 0xac, 0xe8, 0x71};
constexpr size_t kAuthLengthOffset = 432;  // of a version 3 or 4 SGX quote, section 1.2

Result<OpenEnclaveEvidence> ParseLegacyReport(ByteReader reader) {
  const uint32_t type = reader.U32Le();
  const uint64_t size = reader.U64Le();
  if (type != 2)
    return Fail(ErrorCode::kUnsupported, "sgx.open_enclave.report_type", "found " + std::to_string(type) + ", expected 2 (remote report)");
  if (!reader.ok() || size != reader.remaining())
    return Fail(ErrorCode::kMalformed, "sgx.open_enclave.report_size",
                "found " + std::to_string(size) + ", expected " + std::to_string(reader.remaining()));
  return OpenEnclaveEvidence{reader.Rest(), false, {}};
}

// The quote ends where its own auth-data length says; what follows is the custom-claims buffer.
Result<OpenEnclaveEvidence> SplitCustomClaims(Bytes data) {
  ByteReader reader(data);
  reader.Skip(kAuthLengthOffset);
  reader.Skip(reader.U32Le());
  if (!reader.ok()) return Fail(ErrorCode::kMalformed, "sgx.open_enclave.quote", "the data ends before the quote does");
  return OpenEnclaveEvidence{data.first(reader.offset()), true, data.subspan(reader.offset())};
}

Result<OpenEnclaveEvidence> ParseEvidence(ByteReader reader) {
  const auto uuid = reader.Array<16>();
  const uint32_t padding = reader.U32Le();
  const uint64_t size = reader.U64Le();
  if (!reader.ok() || size != reader.remaining())
    return Fail(ErrorCode::kMalformed, "sgx.open_enclave.data_size",
                "found " + std::to_string(size) + ", expected " + std::to_string(reader.remaining()));
  if (padding != 0) return Fail(ErrorCode::kMalformed, "sgx.open_enclave.padding", "bytes 20 to 23 must be zero");
  const Bytes data = reader.Rest();
  if (uuid == kSgxEcdsa) return SplitCustomClaims(data);
  if (uuid == kRawQuote) return OpenEnclaveEvidence{data, false, {}};
  if (uuid == kLegacyReport) {
    ByteReader inner(data);
    if (const uint32_t version = inner.U32Le(); version != 1)
      return Fail(ErrorCode::kUnsupported, "sgx.open_enclave.version",
                  "found " + std::to_string(version) + ", expected 1 in a legacy report");
    return ParseLegacyReport(inner);
  }
  return Fail(ErrorCode::kUnsupported, "sgx.open_enclave.format", "format UUID " + HexEncode(uuid) + " is not an SGX ECDSA format");
}

}  // namespace

Result<OpenEnclaveEvidence> ParseOpenEnclave(Bytes input) {
  if (input.size() > limits::kQuoteBytes)
    return Fail(ErrorCode::kLimit, "sgx.open_enclave.size",
                "found " + std::to_string(input.size()) + " bytes, expected at most " + std::to_string(limits::kQuoteBytes));
  ByteReader reader(input);
  const uint32_t version = reader.U32Le();
  if (!reader.ok()) return Fail(ErrorCode::kMalformed, "sgx.open_enclave.size", "too short for a header");
  if (version == 1) return ParseLegacyReport(reader);
  if (version == 3) return ParseEvidence(reader);
  return Fail(ErrorCode::kUnsupported, "sgx.open_enclave.version",
              "found " + std::to_string(version) + ", expected 1 (report) or 3 (evidence)");
}

}  // namespace vidimus
