#include "codec/der.h"

#include <string>

namespace vidimus {
namespace {

constexpr uint8_t kInteger = 0x02;
constexpr uint8_t kUtcTime = 0x17;
constexpr uint8_t kGeneralizedTime = 0x18;

tl::unexpected<Error> Malformed(std::string_view where, std::string detail) {
  return Fail(ErrorCode::kMalformed, where, std::move(detail));
}

}  // namespace

Result<DerElement> DerReader::Read() {
  if (rest_.size() < 2) return Malformed("der.truncated", "no room for a tag and a length");
  const uint8_t tag = rest_[0];
  if ((tag & 0x1f) == 0x1f) return Malformed("der.tag", "high tag numbers do not occur in what is read here");
  size_t header = 2;
  size_t size = rest_[1];
  if (size >= 0x80) {
    // X.690 10.1: definite form, in the fewest octets.
    const size_t octets = size & 0x7f;
    if (octets == 0 || octets > 4) return Malformed("der.length", "indefinite or oversized length");
    if (rest_.size() < 2 + octets) return Malformed("der.truncated", "no room for the length");
    size = 0;
    for (size_t i = 0; i < octets; ++i) size = size << 8 | rest_[2 + i];
    if (size < 0x80 || size >> (8 * (octets - 1)) == 0) return Malformed("der.length", "the length is not in its shortest form");
    header += octets;
  }
  if (rest_.size() - header < size)
    return Malformed("der.truncated",
                     "a value of " + std::to_string(size) + " octets, of which " + std::to_string(rest_.size() - header) + " are there");
  DerElement out{tag, rest_.subspan(header, size), rest_.first(header + size)};
  rest_ = rest_.subspan(header + size);
  return out;
}

Result<DerElement> DerReader::Read(uint8_t tag) {
  if (!empty() && !NextIs(tag)) return Malformed("der.tag", "found tag " + std::to_string(rest_[0]) + ", expected " + std::to_string(tag));
  return Read();
}

Result<Bytes> DerReader::ReadUnsigned() {
  VIDIMUS_TRY(const DerElement element, Read(kInteger));
  Bytes value = element.value;
  if (value.empty()) return Malformed("der.integer", "an integer of no octets");
  if ((value[0] & 0x80) != 0) return Malformed("der.integer", "negative");
  if (value.size() > 1 && value[0] == 0 && (value[1] & 0x80) == 0) return Malformed("der.integer", "not in its shortest form");
  if (value[0] == 0) value = value.subspan(1);  // zero is empty: no leading zeros
  return value;
}

Result<UnixTime> DerReader::ReadTime() {
  if (empty()) return Malformed("der.truncated", "no room for a time");
  const bool utc = NextIs(kUtcTime);
  VIDIMUS_TRY(const DerElement element, Read(utc ? kUtcTime : kGeneralizedTime));
  const std::string_view text = AsText(element.value);
  const size_t year_digits = utc ? 2 : 4;
  // RFC 5280 4.1.2.5: seconds always, Z always, no fraction.
  bool fits = text.size() == year_digits + 11 && text.back() == 'Z';
  for (size_t i = 0; fits && i + 1 < text.size(); ++i) fits = text[i] >= '0' && text[i] <= '9';
  if (!fits) return Malformed("der.time", "expected YYMMDDhhmmssZ or YYYYMMDDhhmmssZ");
  const auto number = [&](size_t from, size_t size) {
    int value = 0;
    for (size_t i = from; i < from + size; ++i) value = value * 10 + (text[i] - '0');
    return value;
  };
  int year = number(0, year_digits);
  if (utc) year += year >= 50 ? 1900 : 2000;  // RFC 5280 4.1.2.5.1
  const size_t at = year_digits;
  return TimeFromParts(year, number(at, 2), number(at + 2, 2), number(at + 4, 2), number(at + 6, 2), number(at + 8, 2));
}

}  // namespace vidimus
