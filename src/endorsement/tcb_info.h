// Intel's TCB info (versions 2 and 3) and enclave identity (version 2): formats (intel-dcap sections 4.2 to 4.4).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "endorsement/signed_json.h"

namespace vidimus {

enum class IntelTee { kSgx, kTdx };

std::string_view IntelTeeName(IntelTee tee);  // "SGX", "TDX"

// Sections 4.3 and 5.6. No document has the two that advise to relaunch a TD: they come from comparing its launch with today.
enum class TcbStatus {
  kUpToDate,
  kSwHardeningNeeded,
  kConfigurationNeeded,
  kConfigurationAndSwHardeningNeeded,
  kOutOfDate,
  kOutOfDateConfigurationNeeded,
  kTdRelaunchAdvised,
  kTdRelaunchAdvisedConfigurationNeeded,
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

struct TcbLevel {
  std::array<uint8_t, 16> components;
  uint16_t pce_svn;
  std::array<uint8_t, 16> tdx_components;  // zeros for SGX
  TcbLevelVerdict verdict;
};

// A level of a quoting enclave or of a TDX module.
struct SvnTcbLevel {
  uint16_t isv_svn;
  TcbLevelVerdict verdict;
};

// What TDX modules must be; `attributes` under `attributes_mask`.
struct TdxModule {
  std::array<uint8_t, 48> mr_signer;
  std::array<uint8_t, 8> attributes, attributes_mask;
};

struct TdxModuleIdentity {
  uint8_t major_version;  // byte 1 of TEE_TCB_SVN; "TDX_01" is 1
  TdxModule module;
  std::vector<SvnTcbLevel> levels;  // sorted descending
};

struct TcbInfo {
  SignedJson document;
  IntelTee tee;
  int64_t version;  // 2 or 3
  UnixTime issue_date;
  UnixTime next_update;
  std::array<uint8_t, 6> fmspc;
  std::array<uint8_t, 2> pce_id;
  int64_t evaluation_data_number;
  std::vector<TcbLevel> levels;  // sorted descending, section 5.2
  // Of TDX only.
  TdxModule module;  // of modules without a major version
  std::vector<TdxModuleIdentity> module_identities;
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
  std::vector<SvnTcbLevel> levels;  // sorted descending
};

// Takes a document named "tcbInfo". Errors: intel.tcb_info.*
Result<TcbInfo> ParseTcbInfo(SignedJson document);

// Takes a document named "enclaveIdentity". Errors: intel.qe_identity.*
Result<QeIdentity> ParseQeIdentity(SignedJson document);

}  // namespace vidimus
