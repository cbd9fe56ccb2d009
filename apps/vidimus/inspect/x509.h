// Lists the fields of certificates, revocation lists and PEM text, by their offsets within the DER. Keys are named, never shown.
#pragma once

#include <string>
#include <string_view>

#include "inspect/inspection.h"

namespace vidimus::inspect {

// What a DER value is, by its shape; truncated ones too. Empty when it is none of these: "X.509 certificate", "certificate revocation
// list", "private key", "public key".
std::string_view DerKind(Bytes der);

// Lists a DER value of the kind that DerKind names. `prefix` begins the names.
void DescribeDer(Bytes der, const std::string& prefix, Inspection& out);

// Lists the blocks of PEM text that begins at `base` of the file. Returns what they are, e.g. "X.509 certificate"; the kinds of
// several, joined. Empty when there is no block.
std::string DescribePem(std::string_view text, size_t base, Inspection& out);

}  // namespace vidimus::inspect
