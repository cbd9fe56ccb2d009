// Object identifiers: dotted text and the names of those that occur in certificates.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace vidimus::inspect {

// "1.2.840.10045.4.3.2" from content octets; hexadecimal when they are not an object identifier.
std::string DottedOid(Bytes oid);
// A name such as "ecdsa-with-SHA256"; empty when unknown.
std::string_view OidName(std::string_view dotted);
// The name, else the dotted text.
std::string OidText(Bytes oid);

}  // namespace vidimus::inspect
