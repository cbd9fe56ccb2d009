// Names for views and copies of octets, and the two conversions between octets and text that C++ lacks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vidimus {

using Bytes = std::span<const uint8_t>;   // a view: owns nothing
using ByteVector = std::vector<uint8_t>;  // a copy: owns its octets

inline Bytes AsBytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }
inline std::string_view AsText(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

bool Equal(Bytes a, Bytes b);  // variable time: for public data only
bool AllZero(Bytes bytes);
bool IsUtf8(Bytes text);  // RFC 3629: shortest forms, no surrogates

}  // namespace vidimus
