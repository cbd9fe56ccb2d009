// Writes the SGX extension of a PCK certificate (intel-dcap section 3.3), the inverse of ParsePckExtension.
#pragma once

#include "endorsement/pck_certificate.h"

namespace vidimus {

// Content of the extnValue. Seven entries, the configuration's flags all false, when there is a platform instance id; else five.
ByteVector EncodePckExtension(const PckExtension& platform);

}  // namespace vidimus
