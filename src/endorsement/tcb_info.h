// Intel's TCB info (versions 2 and 3, SGX) and enclave identity (version 2): formats (intel-dcap sections 4.2 to 4.4).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "endorsement/signed_json.h"

namespace vidimus {

// Section 4.3; the TDX-only statuses are not among them.
enum class TcbStatus {
  kUpToDate,
  kSwHardeningNeeded,
  kConfigurationNeeded,
  kConfigurationAndSwHardeningNeeded,
  kOutOfDate,
  kOutOfDateConfigurationNeeded,
  kRevoked,
};

std::string_view TcbStatusName(TcbStatus status);  // Intel's spelling
std::optional<TcbStatus> TcbStatusFromName(std::string_view name);

// What one level adds to a verdict.
struct TcbLevelVerdict {
  TcbStatus status;
  UnixTime date;
  std::vector<std::string> advisory_ids;
};

struct SgxTcbLevel {
  std::array<uint8_t, 16> components;
  uint16_t pce_svn;
  TcbLevelVerdict verdict;
};

struct TcbInfo {
  SignedJson document;
  int64_t version;  // 2 or 3
  UnixTime issue_date;
  UnixTime next_update;
  std::array<uint8_t, 6> fmspc;
  std::array<uint8_t, 2> pce_id;
  int64_t evaluation_data_number;
  std::vector<SgxTcbLevel> levels;  // sorted descending, section 5.2
};

struct QeTcbLevel {
  uint16_t isv_svn;
  TcbLevelVerdict verdict;
};

struct QeIdentity {
  SignedJson document;
  std::string id;  // "QE", "QVE" or "TD_QE"
  UnixTime issue_date;
  UnixTime next_update;
  int64_t evaluation_data_number;
  std::array<uint8_t, 4> misc_select, misc_select_mask;
  std::array<uint8_t, 16> attributes, attributes_mask;
  std::array<uint8_t, 32> mr_signer;
  uint16_t isv_prod_id;
  std::vector<QeTcbLevel> levels;  // sorted descending by isv_svn
};

// Takes a document named "tcbInfo". A TDX one is kMismatch: it may be genuine but speaks of another TEE. Errors: intel.tcb_info.*
Result<TcbInfo> ParseSgxTcbInfo(SignedJson document);

// Takes a document named "enclaveIdentity". Errors: intel.qe_identity.*
Result<QeIdentity> ParseQeIdentity(SignedJson document);

}  // namespace vidimus
