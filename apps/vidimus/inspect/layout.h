// The fixed layouts of Intel and Open Enclave (intel-dcap section 1) as tables, and how their values are explained.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "inspect/inspection.h"

namespace vidimus::inspect {

enum class Form {
  kHex,
  kNumber,
  kReserved,
  kFlags,
  kXfrm,
  kTdAttributes,
  kMiscSelect,
  kKeyType,
  kTeeType,
  kVendor,
  kFormatId,
  kReportType,
  kBodyType,
  kCertificationType
};

struct LayoutField {
  size_t offset, size;  // bytes, within its structure
  std::string_view name;
  Form form;
  std::string_view meaning;
};

// Section 1.1. All integers are little-endian.
inline constexpr auto kQuoteHeader = std::to_array<LayoutField>({
    {0, 2, "header.version", Form::kNumber, "version of the quote's format"},
    {2, 2, "header.att_key_type", Form::kKeyType, "type of the attestation key"},
    {4, 4, "header.tee_type", Form::kTeeType, "kind of TEE"},
    {8, 2, "header.qe_svn", Form::kNumber, "SVN of the quoting enclave (version 3); not for verification"},
    {10, 2, "header.pce_svn", Form::kNumber, "SVN of the provisioning certification enclave (version 3); not for verification"},
    {12, 16, "header.qe_vendor_id", Form::kVendor, "who made the quoting enclave"},
    {28, 20, "header.user_data", Form::kHex, "QE_ID of the platform in its first 16 bytes, or zero"},
});

// Version 5 only, section 1.2.
inline constexpr auto kBodyDescriptor = std::to_array<LayoutField>({
    {48, 2, "body.type", Form::kBodyType, "what the body is"},
    {50, 4, "body.size", Form::kNumber, "bytes in the body"},
});

// Section 1.3; of the application's enclave and of the quoting enclave.
inline constexpr auto kReportBody = std::to_array<LayoutField>({
    {0, 16, "cpu_svn", Form::kHex, "SVN of the processor; not for verification, the PCK certificate holds that one"},
    {16, 4, "misc_select", Form::kMiscSelect, "MISCSELECT: what is saved on an exception"},
    {20, 12, "reserved1", Form::kReserved, "reserved"},
    {32, 16, "isv_ext_prod_id", Form::kHex, "extended product id (KSS)"},
    {48, 8, "attributes.flags", Form::kFlags, "ATTRIBUTES.FLAGS"},
    {56, 8, "attributes.xfrm", Form::kXfrm, "ATTRIBUTES.XFRM, the processor state in use"},
    {64, 32, "mr_enclave", Form::kHex, "MRENCLAVE: measurement of the enclave's code and data"},
    {96, 32, "reserved2", Form::kReserved, "reserved"},
    {128, 32, "mr_signer", Form::kHex, "MRSIGNER: SHA-256 of the key that signed the enclave"},
    {160, 32, "reserved3", Form::kReserved, "reserved"},
    {192, 64, "config_id", Form::kHex, "CONFIGID (KSS)"},
    {256, 2, "isv_prod_id", Form::kNumber, "product id, chosen by the signer"},
    {258, 2, "isv_svn", Form::kNumber, "security version of the enclave, chosen by the signer"},
    {260, 2, "config_svn", Form::kNumber, "CONFIGSVN (KSS)"},
    {262, 42, "reserved4", Form::kReserved, "reserved"},
    {304, 16, "isv_family_id", Form::kHex, "family id (KSS)"},
    {320, 64, "report_data", Form::kHex, "64 bytes chosen by the enclave, often the SHA-256 of data it vouches for"},
});

// Section 1.4: TD report 1.0, and what a 1.5 and a 1.5 extended add to it.
inline constexpr auto kTdReport = std::to_array<LayoutField>({
    {0, 16, "tee_tcb_svn", Form::kHex, "SVNs of the TDX module: octet 0 its SVN, octet 1 its major version, octet 2 its loader"},
    {16, 48, "mr_seam", Form::kHex, "MRSEAM: measurement of the TDX module"},
    {64, 48, "mr_signer_seam", Form::kHex, "MRSIGNERSEAM: signer of the TDX module; zero for Intel's"},
    {112, 8, "seam_attributes", Form::kReserved, "SEAMATTRIBUTES"},
    {120, 8, "td_attributes", Form::kTdAttributes, "TDATTRIBUTES"},
    {128, 8, "xfam", Form::kXfrm, "XFAM, the processor state in use"},
    {136, 48, "mr_td", Form::kHex, "MRTD: measurement of the machine's initial contents"},
    {184, 48, "mr_config_id", Form::kHex, "MRCONFIGID: id of a configuration outside the measurement"},
    {232, 48, "mr_owner", Form::kHex, "MROWNER: id of the owner"},
    {280, 48, "mr_owner_config", Form::kHex, "MROWNERCONFIG: id of the owner's configuration"},
    {328, 48, "rtmr0", Form::kHex, "RTMR0: extended by firmware with its configuration"},
    {376, 48, "rtmr1", Form::kHex, "RTMR1: extended by firmware with boot loader and kernel"},
    {424, 48, "rtmr2", Form::kHex, "RTMR2: extended by the operating system"},
    {472, 48, "rtmr3", Form::kHex, "RTMR3: left to applications"},
    {520, 64, "report_data", Form::kHex, "64 bytes chosen by the machine, often the SHA-256 of data it vouches for"},
});
inline constexpr auto kTdReport15 = std::to_array<LayoutField>({
    {584, 16, "tee_tcb_svn_2", Form::kHex, "SVNs of the TDX module that runs now, which may have been updated"},
    {600, 48, "mr_service_td", Form::kHex, "MRSERVICETD: hash of the service TDs bound to the machine; zero without any"},
});
inline constexpr auto kTdReport15Extended = std::to_array<LayoutField>({
    {648, 1, "vm_id", Form::kNumber, "VMID: 0 of an unpartitioned machine"},
    {649, 32, "td_id", Form::kHex, "TD_ID"},
    {681, 48, "dev_info", Form::kHex, "hash of the device information"},
    {729, 48, "init_service_td", Form::kHex, "SERVTD_HASH at the launch"},
    {777, 8, "init_service_td_attributes", Form::kHex, "attributes of the service TDs at the launch"},
    {785, 16, "init_cpu_svn", Form::kHex, "SVN of the processor at the launch"},
    {801, 16, "init_tee_tcb_svn", Form::kHex, "TEE_TCB_SVN at the launch"},
    {817, 12, "init_tee_fmspc", Form::kHex, "FMSPC of the platform at the launch"},
    {829, 48, "current_service_td", Form::kHex, "SERVTD_HASH now"},
    {877, 8, "current_service_td_attributes", Form::kHex, "attributes of the service TDs now"},
});

// Section 1.9: legacy report.
inline constexpr auto kOpenEnclaveReport = std::to_array<LayoutField>({
    {0, 4, "oe.version", Form::kNumber, "version of the legacy header, 1"},
    {4, 4, "oe.report_type", Form::kReportType, "kind of report"},
    {8, 8, "oe.report_size", Form::kNumber, "bytes that follow this header"},
});

// Section 1.9: evidence. The UUID ends at 20, so the size is aligned to 24.
inline constexpr auto kOpenEnclaveEvidence = std::to_array<LayoutField>({
    {0, 4, "oe.version", Form::kNumber, "version of the evidence header, 3 (2 in older evidence)"},
    {4, 16, "oe.format_id", Form::kFormatId, "format of the evidence"},
    {20, 4, "oe.padding", Form::kReserved, "alignment"},
    {24, 8, "oe.data_size", Form::kNumber, "bytes that follow this header"},
});

// Lower-case hexadecimal, or a decimal number, or the count of reserved bytes.
std::string ValueText(Form form, Bytes bytes);

// What this value means beyond the field's meaning, e.g. "INIT, DEBUG"; may be empty.
std::string Explain(Form form, Bytes bytes);

// Bytes that fields are read from; a field past their end is noted once and clipped.
struct Source {
  Bytes content;
  size_t base;         // offset of `content` in the file
  std::string prefix;  // of the names
  Inspection& out;
};

// Adds one field. False when the bytes end before it does.
bool AddField(const Source& source, const LayoutField& field);
// Adds a table, each offset moved by `at`. False when the bytes end before it does.
bool AddLayout(const Source& source, std::span<const LayoutField> layout, size_t at = 0);

// Whether `id` is one of Open Enclave's format UUIDs, and its name.
std::string_view OpenEnclaveFormatName(Bytes id);

inline constexpr std::string_view kIntelVendorId("\x93\x9a\x72\x33\xf7\x9c\x4c\xa9\x94\x0a\x0d\xb3\x95\x7f\x06\x07", 16);

}  // namespace vidimus::inspect
