// TCB evaluation of an Intel platform, its quoting enclave and its TDX module (intel-dcap sections 5.2 to 5.6).
#pragma once

#include "endorsement/tcb_info.h"
#include "verify/platform_tcb.h"

namespace vidimus {

// The first level at or below the platform and, of a TD, at or below its TEE_TCB_SVN, from byte 2 on where byte 1 names a module version;
// null when none is.
const TcbLevel* FindPlatformLevel(const TcbInfo& info, const PlatformTcb& platform, const std::array<uint8_t, 16>* tee_tcb_svn = nullptr);

// The first level at or below `isv_svn`; null when none is.
const SvnTcbLevel* FindSvnLevel(const std::vector<SvnTcbLevel>& levels, uint16_t isv_svn);

// The identity of modules of that major version; null when there is none.
const TdxModuleIdentity* FindModuleIdentity(const TcbInfo& info, uint8_t major_version);

// The convergence table of section 5.5, which is not "the worse of the two", for one component beside the platform.
TcbStatus ConvergeTcbStatus(TcbStatus platform, TcbStatus component);

// The platform's verdict with that of one component: the table, the union of the advisories, sorted, and the earlier date.
TcbLevelVerdict Converge(const TcbLevelVerdict& platform, const TcbLevelVerdict& component);

// Of a TD that was launched on one TCB and runs on another (section 5.6). Stricter than Intel's library: when the current one is worse
// than the launch's, it counts.
TcbLevelVerdict ConvergeLaunch(const TcbLevelVerdict& launch, const TcbLevelVerdict& current);

}  // namespace vidimus
