#include "endorsement/pck_certificate.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "codec/der.h"

namespace vidimus {
namespace {

constexpr uint8_t kSequence = 0x30, kOid = 0x06, kOctetString = 0x04, kInteger = 0x02, kEnumerated = 0x0a, kBoolean = 0x01;
constexpr std::string_view kPrefix("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01", 9);  // 1.2.840.113741.1.13.1

tl::unexpected<Error> Malformed(std::string detail) { return Fail(ErrorCode::kMalformed, "intel.pck_extension.format", std::move(detail)); }

// A SEQUENCE OF SEQUENCE { OID, value }: last arc under `prefix` → value. Order is free; none may occur twice, and no arc is over 18.
class Entries {
 public:
  static constexpr uint8_t kLastArc = 18;
  // Null when there is none.
  const DerElement* Find(uint8_t arc) const { return held_[arc] ? &*held_[arc] : nullptr; }
  size_t size() const { return size_; }
  // Whether there was none of that arc.
  bool Add(uint8_t arc, const DerElement& value) {
    if (held_[arc]) return false;
    held_[arc] = value;
    ++size_;
    return true;
  }

 private:
  std::array<std::optional<DerElement>, kLastArc + 1> held_;
  size_t size_ = 0;
};

Result<Entries> ReadEntries(Bytes list, const std::string& prefix) {
  Entries out;
  for (DerReader reader(list); !reader.empty();) {
    VIDIMUS_TRY(const DerElement pair, reader.Read(kSequence));
    DerReader inner(pair.value);
    VIDIMUS_TRY(const DerElement oid, inner.Read(kOid));
    VIDIMUS_TRY(const DerElement value, inner.Read());
    const std::string_view name = AsText(oid.value);
    if (!inner.empty() || name.size() != prefix.size() + 1 || !name.starts_with(prefix))
      return Malformed("an entry that is not one OID of the SGX extension and one value");
    const auto arc = static_cast<uint8_t>(name.back());
    if (arc > Entries::kLastArc) return Malformed("an entry ." + std::to_string(arc) + ", which the extension does not have");
    if (!out.Add(arc, value)) return Malformed("an entry occurs twice");
  }
  return out;
}

template <size_t N>
Result<std::array<uint8_t, N>> Octets(const Entries& entries, uint8_t arc) {
  const DerElement* at = entries.Find(arc);
  if (at == nullptr || at->tag != kOctetString || at->value.size() != N)
    return Malformed("entry ." + std::to_string(arc) + " must be an OCTET STRING of " + std::to_string(N));
  std::array<uint8_t, N> out;
  std::copy(at->value.begin(), at->value.end(), out.begin());
  return out;
}

Result<uint16_t> Number(const Entries& entries, uint8_t arc, uint8_t tag, uint32_t highest) {
  const DerElement* at = entries.Find(arc);
  const auto malformed = [&] {
    return Malformed("entry ." + std::to_string(arc) + " must be an integer up to " + std::to_string(highest));
  };
  if (at == nullptr || at->tag != tag) return malformed();
  const Bytes octets = at->value;
  if (octets.empty() || octets.size() > 3 || (octets[0] & 0x80) != 0) return malformed();
  if (octets.size() > 1 && octets[0] == 0 && (octets[1] & 0x80) == 0) return malformed();
  uint32_t value = 0;
  for (const uint8_t octet : octets) value = value << 8 | octet;
  if (value > highest) return malformed();
  return static_cast<uint16_t>(value);
}

// .2: sixteen component SVNs, PCESVN, CPUSVN.
Status ReadTcb(const Entries& entries, PckExtension& out) {
  const DerElement* at = entries.Find(2);
  if (at == nullptr || at->tag != kSequence) return Malformed("entry .2 must be the TCB sequence");
  VIDIMUS_TRY(const Entries tcb, ReadEntries(at->value, std::string(kPrefix) + '\x02'));
  if (tcb.size() != 18) return Malformed("the TCB has " + std::to_string(tcb.size()) + " entries, expected 18");
  for (uint8_t i = 0; i < 16; ++i) {
    VIDIMUS_TRY(const uint16_t svn, Number(tcb, static_cast<uint8_t>(i + 1), kInteger, 255));
    out.components[i] = static_cast<uint8_t>(svn);
  }
  VIDIMUS_TRY(out.pce_svn, Number(tcb, 17, kInteger, 65535));
  VIDIMUS_TRY(out.cpu_svn, Octets<16>(tcb, 18));
  return {};
}

// .7: three Booleans, all required.
Status CheckConfiguration(const Entries& entries) {
  const DerElement* at = entries.Find(7);
  if (at == nullptr || at->tag != kSequence) return Malformed("entry .7 must be the configuration sequence");
  VIDIMUS_TRY(const Entries flags, ReadEntries(at->value, std::string(kPrefix) + '\x07'));
  if (flags.size() != 3) return Malformed("the configuration must have three entries");
  for (uint8_t arc = 1; arc <= 3; ++arc) {
    const DerElement* flag = flags.Find(arc);
    if (flag == nullptr || flag->tag != kBoolean || flag->value.size() != 1) return Malformed("a configuration entry is not a Boolean");
  }
  return {};
}

}  // namespace

Result<PckExtension> ParsePckExtension(Bytes extension) {
  DerReader whole(extension);
  VIDIMUS_TRY(const DerElement sequence, whole.Read(kSequence));
  if (!whole.empty()) return Malformed("something follows the extension");
  VIDIMUS_TRY(const Entries entries, ReadEntries(sequence.value, std::string(kPrefix)));
  if (entries.size() != 5 && entries.size() != 7) return Malformed("found " + std::to_string(entries.size()) + " entries, expected 5 or 7");
  PckExtension out{};
  VIDIMUS_TRY(out.ppid, Octets<16>(entries, 1));
  VIDIMUS_CHECK_OK(ReadTcb(entries, out));
  VIDIMUS_TRY(out.pce_id, Octets<2>(entries, 3));
  VIDIMUS_TRY(out.fmspc, Octets<6>(entries, 4));
  VIDIMUS_TRY(const uint16_t type, Number(entries, 5, kEnumerated, 2));
  out.sgx_type = static_cast<uint8_t>(type);
  if (entries.size() == 5) return out;
  VIDIMUS_TRY(out.platform_instance_id, (Octets<16>(entries, 6)));
  VIDIMUS_CHECK_OK(CheckConfiguration(entries));
  return out;
}

}  // namespace vidimus
