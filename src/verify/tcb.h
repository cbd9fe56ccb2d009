// TCB evaluation of an SGX platform and its quoting enclave (intel-dcap sections 5.2, 5.4, 5.5).
#pragma once

#include "endorsement/pck_certificate.h"
#include "endorsement/tcb_info.h"
#include "verify/sgx.h"

namespace vidimus {

// The first level at or below the platform; null when none is.
const SgxTcbLevel* FindPlatformLevel(const TcbInfo& info, const PckExtension& platform);

// The first level at or below the quoting enclave's ISVSVN; null when none is.
const QeTcbLevel* FindQeLevel(const QeIdentity& identity, uint16_t isv_svn);

TcbVerdict Converge(const TcbInfo& info, const SgxTcbLevel& platform, const QeIdentity& identity, const QeTcbLevel& qe);

}  // namespace vidimus
