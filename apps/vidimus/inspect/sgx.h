// Lists the fields of SGX and TDX quotes, SGX report bodies and Open Enclave framings, whole or truncated.
#pragma once

#include "inspect/inspection.h"

namespace vidimus::inspect {

// Whether `content` begins as a quote of version 3, 4 or 5 (8 bytes decide); as one of Open Enclave's headers; is a report body.
bool LooksLikeQuote(Bytes content);
bool LooksLikeOpenEnclave(Bytes content);
bool LooksLikeReportBody(Bytes content);

void DescribeQuote(Bytes content, Inspection& out);
void DescribeOpenEnclave(Bytes content, Inspection& out);
void DescribeReportBody(Bytes content, Inspection& out);

}  // namespace vidimus::inspect
