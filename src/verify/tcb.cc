#include "verify/sgx_tcb.h"

#include <algorithm>
#include <set>

namespace vidimus {

const SgxTcbLevel* FindPlatformLevel(const TcbInfo& info, const PckExtension& platform) {
  for (const SgxTcbLevel& level : info.levels) {
    unsigned below = platform.pce_svn < level.pce_svn ? 1 : 0;
    for (size_t i = 0; i < level.components.size(); ++i) below |= platform.components[i] < level.components[i] ? 1U : 0U;  // no branches
    if (below == 0) return &level;
  }
  return nullptr;
}

const QeTcbLevel* FindQeLevel(const QeIdentity& identity, uint16_t isv_svn) {
  for (const QeTcbLevel& level : identity.levels)
    if (level.isv_svn <= isv_svn) return &level;
  return nullptr;
}

TcbStatus ConvergeTcbStatus(TcbStatus platform, TcbStatus qe) {
  if (qe == TcbStatus::kRevoked) return TcbStatus::kRevoked;
  if (qe != TcbStatus::kOutOfDate) return platform;
  if (platform == TcbStatus::kUpToDate || platform == TcbStatus::kSwHardeningNeeded) return TcbStatus::kOutOfDate;
  if (platform == TcbStatus::kConfigurationNeeded || platform == TcbStatus::kConfigurationAndSwHardeningNeeded)
    return TcbStatus::kOutOfDateConfigurationNeeded;
  return platform;
}

TcbVerdict Converge(const TcbInfo& info, const SgxTcbLevel& platform, const QeIdentity& identity, const QeTcbLevel& qe) {
  std::set<std::string> ids(platform.verdict.advisory_ids.begin(), platform.verdict.advisory_ids.end());
  ids.insert(qe.verdict.advisory_ids.begin(), qe.verdict.advisory_ids.end());
  return {ConvergeTcbStatus(platform.verdict.status, qe.verdict.status),
          {ids.begin(), ids.end()},
          std::min(platform.verdict.date, qe.verdict.date),
          std::min(info.evaluation_data_number, identity.evaluation_data_number)};
}

}  // namespace vidimus
