// Documents that a person brought, each judged by itself, so that one that is wrong does not keep the others out. Pure.
#pragma once

#include <string>
#include <vector>

#include "endorsement/intel_endorsements.h"

namespace vidimus {

struct RefusedEndorsement {
  std::string document;  // its name
  Error error;
};

struct OfferedEndorsements {
  struct Verified {
    std::string name;
    IntelEndorsements holder;  // that the document's content lives in
    HeldIntelDocument document;
  };

  std::vector<NamedDocument> issuers;  // certificates that verified to a trusted root
  std::vector<Verified> documents;     // the older before the newer, so that both can be kept; of one CA CRLs by their numbers
  std::vector<RefusedEndorsement> refused;
};

// Certificates count for the documents beside them in any order, as those of `known` do. Refused are, with the errors of
// IntelEndorsements::With, what does not verify; with endorsement.unsigned_crl a CRL of a PCK CA whose certificate nobody has given; with
// endorsement.unrecognised a document that no evidence is judged by, such as the identity of the quote verification enclave.
OfferedEndorsements VerifyEach(const std::vector<NamedDocument>& documents, const IntelEndorsements& known);

// That somebody has checked who signed it: a CRL of a PCK CA may be held before that CA's certificate. Error: endorsement.unsigned_crl
Status RequireVerified(const HeldIntelDocument& document);

}  // namespace vidimus
