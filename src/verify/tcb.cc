#include "verify/tcb.h"

#include <algorithm>
#include <iterator>

namespace vidimus {
namespace {

std::vector<std::string> SortedUnion(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end());
  a.erase(std::unique(a.begin(), a.end()), a.end());
  return a;
}

bool IsOutOfDate(TcbStatus status) { return status == TcbStatus::kOutOfDate || status == TcbStatus::kOutOfDateConfigurationNeeded; }

bool NeedsConfiguration(TcbStatus status) {
  return status == TcbStatus::kConfigurationNeeded || status == TcbStatus::kConfigurationAndSwHardeningNeeded ||
         status == TcbStatus::kOutOfDateConfigurationNeeded;
}

TcbStatus LaunchStatus(TcbStatus launch, TcbStatus current) {
  if (IsOutOfDate(launch) && !IsOutOfDate(current) && current != TcbStatus::kRevoked)
    return NeedsConfiguration(launch) || NeedsConfiguration(current) ? TcbStatus::kTdRelaunchAdvisedConfigurationNeeded
                                                                     : TcbStatus::kTdRelaunchAdvised;
  return std::max(launch, current);  // the statuses of documents are declared from best to worst
}

}  // namespace

const TcbLevel* FindPlatformLevel(const TcbInfo& info, const PlatformTcb& platform, const std::array<uint8_t, 16>* tee_tcb_svn) {
  const size_t first_of_td = tee_tcb_svn == nullptr ? 16 : (*tee_tcb_svn)[1] > 0 ? 2 : 0;
  for (const TcbLevel& level : info.levels) {
    unsigned below = platform.pce_svn < level.pce_svn ? 1 : 0;
    for (size_t i = 0; i < level.components.size(); ++i) below |= platform.components[i] < level.components[i] ? 1U : 0U;  // no branches
    for (size_t i = first_of_td; i < level.tdx_components.size(); ++i) below |= (*tee_tcb_svn)[i] < level.tdx_components[i] ? 1U : 0U;
    if (below == 0) return &level;
  }
  return nullptr;
}

const SvnTcbLevel* FindSvnLevel(const std::vector<SvnTcbLevel>& levels, uint16_t isv_svn) {
  for (const SvnTcbLevel& level : levels)
    if (level.isv_svn <= isv_svn) return &level;
  return nullptr;
}

const TdxModuleIdentity* FindModuleIdentity(const TcbInfo& info, uint8_t major_version) {
  for (const TdxModuleIdentity& identity : info.module_identities)
    if (identity.major_version == major_version) return &identity;
  return nullptr;
}

TcbStatus ConvergeTcbStatus(TcbStatus platform, TcbStatus component) {
  if (component == TcbStatus::kRevoked) return TcbStatus::kRevoked;
  if (component != TcbStatus::kOutOfDate) return platform;
  if (platform == TcbStatus::kUpToDate || platform == TcbStatus::kSwHardeningNeeded) return TcbStatus::kOutOfDate;
  if (platform == TcbStatus::kConfigurationNeeded || platform == TcbStatus::kConfigurationAndSwHardeningNeeded)
    return TcbStatus::kOutOfDateConfigurationNeeded;
  return platform;
}

TcbLevelVerdict Converge(const TcbLevelVerdict& platform, const TcbLevelVerdict& component) {
  return {ConvergeTcbStatus(platform.status, component.status), std::min(platform.date, component.date),
          SortedUnion(platform.advisory_ids, component.advisory_ids)};
}

TcbLevelVerdict ConvergeLaunch(const TcbLevelVerdict& launch, const TcbLevelVerdict& current) {
  return {LaunchStatus(launch.status, current.status), std::min(launch.date, current.date),
          SortedUnion(launch.advisory_ids, current.advisory_ids)};
}

}  // namespace vidimus
