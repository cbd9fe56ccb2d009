#include "inspect/layout.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/hex.h"

namespace vidimus::inspect {
namespace {

struct Named {
  uint64_t value;
  std::string_view name;
};

// Section 1.3, by bit.
constexpr auto kFlagBits = std::to_array<Named>(
    {{0, "INIT"}, {1, "DEBUG"}, {2, "MODE64BIT"}, {4, "PROVISION_KEY"}, {5, "EINITTOKEN_KEY"}, {6, "CET"}, {7, "KSS"}, {10, "AEX_NOTIFY"}});
constexpr auto kXfrmBits = std::to_array<Named>({{0, "x87"},
                                                 {1, "SSE"},
                                                 {2, "AVX"},
                                                 {3, "BNDREGS"},
                                                 {4, "BNDCSR"},
                                                 {5, "AVX-512 opmask"},
                                                 {6, "AVX-512 ZMM_Hi256"},
                                                 {7, "AVX-512 Hi16_ZMM"},
                                                 {9, "PKRU"},
                                                 {17, "AMX TILECFG"},
                                                 {18, "AMX TILEDATA"}});
// Section 1.4.
constexpr auto kTdAttributeBits = std::to_array<Named>({{0, "DEBUG"},
                                                        {4, "HGS_PLUS_PROF"},
                                                        {5, "PERF_PROF"},
                                                        {6, "PMT_PROF"},
                                                        {16, "ICSSD"},
                                                        {17, "SERVTD_EXT"},
                                                        {27, "LASS"},
                                                        {28, "SEPT_VE_DISABLE"},
                                                        {29, "MIGRATABLE"},
                                                        {30, "PKS"},
                                                        {31, "KL"},
                                                        {62, "TPA"},
                                                        {63, "PERFMON"}});
constexpr auto kMiscBits = std::to_array<Named>({{0, "EXINFO"}, {1, "CPINFO"}});

constexpr auto kKeyTypes = std::to_array<Named>({{0, "EPID"}, {2, "ECDSA-P256"}, {3, "ECDSA-P384"}});
constexpr auto kTeeTypes = std::to_array<Named>({{0, "SGX"}, {0x81, "TDX"}});
constexpr auto kReportTypes = std::to_array<Named>({{1, "local SGX report"}, {2, "remote SGX quote"}});
constexpr auto kBodyTypes =
    std::to_array<Named>({{1, "SGX report body"}, {2, "TD report 1.0"}, {3, "TD report 1.5"}, {4, "TD report 1.5 extended"}});
// Section 1.7.
constexpr auto kCertificationTypes = std::to_array<Named>({{1, "PPID in plain, CPUSVN, PCESVN, PCEID"},
                                                           {2, "PPID encrypted with RSA-2048, CPUSVN, PCESVN, PCEID"},
                                                           {3, "PPID encrypted with RSA-3072, CPUSVN, PCESVN, PCEID"},
                                                           {4, "PCK certificate, PEM"},
                                                           {5, "PCK certificate chain, PEM"},
                                                           {6, "QE report certification data"},
                                                           {7, "platform manifest"}});

struct FormatId {
  std::string_view id;  // as stored
  std::string_view name;
};
constexpr auto kFormatIds = std::to_array<FormatId>({
    {{"\xa3\xa2\x1e\x87\x1b\x4d\x40\x14\xb7\x0a\xa1\x25\xd2\xfb\xcd\x8c", 16}, "SGX ECDSA evidence"},
    {{"\xc8\x30\x34\x54\xd9\x23\x4c\x2c\xa6\x91\xdf\x7d\xef\x46\x0a\x76", 16}, "legacy report"},
    {{"\x19\x23\xd9\x1e\x12\xd2\x4c\x72\xb2\x20\x25\xcd\x8d\xac\xe8\x71", 16}, "raw SGX ECDSA quote"},
    {{"\x09\x26\x8c\x33\x6e\x0b\x45\xe5\x8a\x27\x15\x64\x4d\x0e\xf8\x9a", 16}, "SGX local attestation"},
    {{"\xf2\x28\xaa\x3f\xde\x4d\x49\xd3\x88\x4c\xb2\xaa\x87\xa5\x0d\xa6", 16}, "EPID linkable"},
    {{"\x5c\x35\xd2\x90\xa2\xc2\x4c\x55\x9e\x13\x5a\xd7\x32\x74\x6c\x88", 16}, "EPID unlinkable"},
});

uint64_t Number(Bytes bytes) {
  uint64_t value = 0;
  for (size_t i = 0; i < bytes.size() && i < 8; ++i) value |= uint64_t{bytes[i]} << (8 * i);
  return value;
}

std::string BitNames(std::span<const Named> names, uint64_t value) {
  std::string out;
  for (uint64_t bit = 0; bit < 64; ++bit) {
    if ((value >> bit & 1) == 0) continue;
    const auto at = std::find_if(names.begin(), names.end(), [&](const Named& named) { return named.value == bit; });
    out += (out.empty() ? "" : ", ") + (at == names.end() ? "unknown bit " + std::to_string(bit) : std::string(at->name));
  }
  return out.empty() ? "none" : out;
}

std::string NameOf(std::span<const Named> names, uint64_t value) {
  const auto at = std::find_if(names.begin(), names.end(), [&](const Named& named) { return named.value == value; });
  return at == names.end() ? "unknown" : std::string(at->name);
}

bool IsNumber(Form form) {
  return form == Form::kNumber || form == Form::kKeyType || form == Form::kTeeType || form == Form::kReportType ||
         form == Form::kBodyType || form == Form::kCertificationType;
}

}  // namespace

std::string_view OpenEnclaveFormatName(Bytes id) {
  for (const FormatId& format : kFormatIds)
    if (AsText(id) == format.id) return format.name;
  return {};
}

std::string ValueText(Form form, Bytes bytes) {
  if (IsNumber(form)) return std::to_string(Number(bytes));
  if (form == Form::kReserved && AllZero(bytes)) return "all zero";
  return HexEncode(bytes);
}

std::string Explain(Form form, Bytes bytes) {
  switch (form) {
    case Form::kFlags: return BitNames(kFlagBits, Number(bytes));
    case Form::kXfrm: return BitNames(kXfrmBits, Number(bytes));
    case Form::kTdAttributes: return BitNames(kTdAttributeBits, Number(bytes));
    case Form::kMiscSelect: return BitNames(kMiscBits, Number(bytes));
    case Form::kKeyType: return NameOf(kKeyTypes, Number(bytes));
    case Form::kTeeType: return NameOf(kTeeTypes, Number(bytes));
    case Form::kReportType: return NameOf(kReportTypes, Number(bytes));
    case Form::kBodyType: return NameOf(kBodyTypes, Number(bytes));
    case Form::kCertificationType: return NameOf(kCertificationTypes, Number(bytes));
    case Form::kVendor: return AsText(bytes) == kIntelVendorId ? "Intel" : "not Intel";
    case Form::kFormatId: {
      const std::string_view name = OpenEnclaveFormatName(bytes);
      return name.empty() ? "unknown" : std::string(name);
    }
    case Form::kReserved: return AllZero(bytes) ? "" : "not zero, although it must be";
    case Form::kHex:
    case Form::kNumber: return {};
  }
  return {};
}

bool AddField(const Source& source, const LayoutField& field) {
  const size_t size = source.content.size();
  if (field.offset <= size && size - field.offset >= field.size) {
    const Bytes bytes = source.content.subspan(field.offset, field.size);
    const std::string explained = Explain(field.form, bytes);
    source.out.Add(source.base + field.offset, field.size, source.prefix + std::string(field.name), ValueText(field.form, bytes),
                   std::string(field.meaning) + (explained.empty() ? "" : ": " + explained));
    return true;
  }
  const size_t held = field.offset < size ? size - field.offset : 0;
  if (held > 0)
    source.out.Add(source.base + field.offset, held, source.prefix + std::string(field.name),
                   HexEncode(source.content.subspan(field.offset)),
                   std::string(field.meaning) + ": cut, " + std::to_string(held) + " of " + std::to_string(field.size) + " bytes");
  source.out.Note("truncated: ends " + AtOffset(source.base + size) + "; expected " + source.prefix + std::string(field.name) + ", " +
                  std::to_string(field.size) + " bytes " + AtOffset(source.base + field.offset));
  return false;
}

bool AddLayout(const Source& source, std::span<const LayoutField> layout, size_t at) {
  return std::all_of(layout.begin(), layout.end(), [&](LayoutField field) {
    field.offset += at;
    return AddField(source, field);
  });
}

}  // namespace vidimus::inspect
