// Intel's certificate hierarchy: who may sign what (intel-dcap sections 3.1 and 3.2).
//
// These checks are what bytes alone decide. Validity dates and revocation depend on the instant and are judged in verify/.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/p256.h"

namespace vidimus {

inline constexpr std::string_view kIntelRootName = "Intel SGX Root CA";
inline constexpr std::string_view kIntelPlatformCaName = "Intel SGX PCK Platform CA";
inline constexpr std::string_view kIntelProcessorCaName = "Intel SGX PCK Processor CA";
inline constexpr std::string_view kIntelPckName = "Intel SGX PCK Certificate";
inline constexpr std::string_view kIntelTcbSigningName = "Intel SGX TCB Signing";

// A root is trusted by subject and public key: two genuine root certificates exist with one key (section 3.2).
struct TrustAnchor {
  std::string name;  // what x-vidimus-trust-anchor says: "intel-sgx-root" or "simulated"
  P256PublicKey key;
};

// The production root's key, section 3.2.
TrustAnchor IntelRootAnchor();

// An anchor for a simulated vendor from its self-signed root certificate. Errors: intel.root.*
Result<TrustAnchor> SimulatedAnchor(const Certificate& root);

struct PckChain {
  Certificate pck;
  Certificate intermediate;
  Certificate root;
  TrustAnchor anchor;
  P256PublicKey ca_key;  // of the intermediate
};

// The key of a root or PCK CA whose very octets were found signed by that anchor before, so that its signature needs no second look; else
// null.
using FindHeldKey = std::function<const P256PublicKey*(const Certificate&, const TrustAnchor&)>;

// Exactly three certificates in any order, each in its role, each signed by the next, the root one of `anchors`.
// Errors: intel.pck_chain.*, intel.root.*, intel.certificate.*
Result<PckChain> VerifyPckChain(std::vector<Certificate> certificates, const std::vector<TrustAnchor>& anchors,
                                const FindHeldKey& find_held = {});

// A PCK certificate of a PCK CA that VerifyPckChain found good, with the CA's key. Errors: those of the leaf in VerifyPckChain, and
// intel.pck_chain.roles when it is none by its name.
Status VerifyPckLeaf(const Certificate& pck, const Certificate& intermediate, const P256PublicKey& ca_key);

// One TCB signing certificate or PCK CA, signed directly by one of `anchors`, which is returned.
Result<TrustAnchor> VerifySignedByRoot(const Certificate& certificate, const std::vector<TrustAnchor>& anchors);

// A presented root: right shape, self-signed, and its key one of `anchors`.
Result<TrustAnchor> VerifyRoot(const Certificate& root, const std::vector<TrustAnchor>& anchors, const FindHeldKey& find_held = {});

}  // namespace vidimus
