// What a file or an answer of a vendor holds, told by its content alone. Nothing is verified.
#pragma once

#include <optional>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/crl.h"
#include "endorsement/signed_json.h"

namespace vidimus {

struct RecognisedDocument {
  std::vector<Certificate> certificates;
  std::vector<Crl> crls;
  std::optional<SignedJson> json;
};

// Takes signed JSON; certificates and CRLs in PEM; one of either in DER or in hexadecimal text of it, as PCCS serves CRLs (intel-dcap
// section 3.4). Space around text and NULs after it count for nothing. Errors: endorsement.unrecognised, endorsement.pem_label,
// intel.signed_json.*, x509.*
Result<RecognisedDocument> RecogniseIntelDocument(const ByteVector& content);

}  // namespace vidimus
