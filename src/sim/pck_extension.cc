#include "sim/pck_extension.h"

#include <initializer_list>
#include <string_view>

namespace vidimus {
namespace {

constexpr uint8_t kSequence = 0x30, kOid = 0x06, kOctetString = 0x04, kInteger = 0x02, kEnumerated = 0x0a, kBoolean = 0x01;
constexpr std::string_view kPrefix("\x2a\x86\x48\x86\xf8\x4d\x01\x0d\x01", 9);  // 1.2.840.113741.1.13.1

void Append(ByteVector& out, Bytes bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// X.690 section 8.1.3: one length octet up to 127, else the number of octets and then the length. Here it never exceeds 65535.
ByteVector Tlv(uint8_t tag, Bytes value) {
  ByteVector out = {tag};
  if (value.size() > 255) {
    Append(out, ByteVector{0x82, static_cast<uint8_t>(value.size() >> 8)});
  } else if (value.size() > 127) {
    out.push_back(0x81);
  }
  out.push_back(static_cast<uint8_t>(value.size()));
  Append(out, value);
  return out;
}

// X.690 section 8.3: the fewest octets, the first below 0x80.
ByteVector Number(uint8_t tag, uint16_t value) {
  ByteVector octets;
  if (value > 0x7fff) octets.push_back(0);
  if (value > 0x7f) octets.push_back(static_cast<uint8_t>(value >> 8));
  octets.push_back(static_cast<uint8_t>(value));
  return Tlv(tag, octets);
}

ByteVector Concatenate(std::initializer_list<ByteVector> parts) {
  ByteVector out;
  for (const ByteVector& part : parts) Append(out, part);
  return out;
}

// SEQUENCE { OID prefix.arcs, value }.
ByteVector Entry(std::initializer_list<uint8_t> arcs, const ByteVector& value) {
  ByteVector oid(kPrefix.begin(), kPrefix.end());
  oid.insert(oid.end(), arcs);
  return Tlv(kSequence, Concatenate({Tlv(kOid, oid), value}));
}

ByteVector Tcb(const PckExtension& platform) {
  ByteVector out;
  for (uint8_t i = 0; i < 16; ++i) Append(out, Entry({2, static_cast<uint8_t>(i + 1)}, Number(kInteger, platform.components[i])));
  Append(out, Entry({2, 17}, Number(kInteger, platform.pce_svn)));
  Append(out, Entry({2, 18}, Tlv(kOctetString, platform.cpu_svn)));
  return Tlv(kSequence, out);
}

}  // namespace

ByteVector EncodePckExtension(const PckExtension& platform) {
  ByteVector out =
      Concatenate({Entry({1}, Tlv(kOctetString, platform.ppid)), Entry({2}, Tcb(platform)), Entry({3}, Tlv(kOctetString, platform.pce_id)),
                   Entry({4}, Tlv(kOctetString, platform.fmspc)), Entry({5}, Number(kEnumerated, platform.sgx_type))});
  if (platform.platform_instance_id) {
    const ByteVector no = Tlv(kBoolean, ByteVector{0});
    Append(out, Entry({6}, Tlv(kOctetString, *platform.platform_instance_id)));
    Append(out, Entry({7}, Tlv(kSequence, Concatenate({Entry({7, 1}, no), Entry({7, 2}, no), Entry({7, 3}, no)}))));
  }
  return Tlv(kSequence, out);
}

}  // namespace vidimus
