#include "endorsement/intel_chain.h"

#include <optional>

#include "base/hex.h"
#include "crypto/crl.h"

namespace vidimus {
namespace {

constexpr uint16_t kDigitalSignature = 1U << 0;  // RFC 5280 section 4.2.1.3
constexpr uint16_t kKeyCertSign = 1U << 5;
constexpr uint16_t kCrlSign = 1U << 6;

constexpr uint8_t kIntelRootKey[64] = {0x0b, 0xa9, 0xc4, 0xc0, 0xc0, 0xc8, 0x61, 0x93, 0xa3, 0xfe, 0x23, 0xd6, 0xb0, 0x2c, 0xda, 0x10,
                                       0xa8, 0xbb, 0xd4, 0xe8, 0x8e, 0x48, 0xb4, 0x45, 0x85, 0x61, 0xa3, 0x6e, 0x70, 0x55, 0x25, 0xf5,
                                       0x67, 0x91, 0x8e, 0x2e, 0xdc, 0x88, 0xe4, 0x0d, 0x86, 0x0b, 0xd0, 0xcc, 0x4e, 0xe2, 0x6a, 0xac,
                                       0xc9, 0x88, 0xe5, 0x05, 0xa9, 0x53, 0x55, 0x8c, 0x45, 0x3f, 0x6b, 0x09, 0x04, 0xae, 0x73, 0x94};

// Section 3.1: the extensions every certificate must carry, and the values Intel's library leaves unchecked.
Status CheckShape(const Certificate& certificate, bool is_ca, std::optional<int> path_length) {
  const std::string& name = certificate.subject_common_name;
  if (!certificate.has_authority_key_id || !certificate.has_subject_key_id || !certificate.has_crl_distribution_points ||
      !certificate.has_key_usage || !certificate.has_basic_constraints || certificate.unknown_critical_extension)
    return Fail(ErrorCode::kUntrusted, "intel.certificate.extensions",
                "\"" + name + "\" lacks a required extension or has an unknown critical one");
  if (!certificate.key_usage_critical || !certificate.basic_constraints_critical)
    return Fail(ErrorCode::kUntrusted, "intel.certificate.extensions",
                "\"" + name + "\": key usage and basic constraints must be critical");
  if (certificate.is_ca != is_ca || certificate.path_length != path_length)
    return Fail(ErrorCode::kUntrusted, "intel.certificate.basic_constraints", "\"" + name + "\" has basic constraints of another role");
  const uint16_t needed = is_ca ? kKeyCertSign | kCrlSign : kDigitalSignature;
  const bool signs_certificates = (certificate.key_usage & kKeyCertSign) != 0;
  if ((certificate.key_usage & needed) != needed || (!is_ca && signs_certificates))
    return Fail(ErrorCode::kUntrusted, "intel.certificate.key_usage", "\"" + name + "\" has a key usage of another role");
  return {};
}

Result<P256PublicKey> KeyOf(const Certificate& certificate) { return P256PublicKey::FromRaw(certificate.public_key); }

bool IsPckCa(const Certificate& certificate) {
  return certificate.subject_common_name == kIntelPlatformCaName || certificate.subject_common_name == kIntelProcessorCaName;
}

}  // namespace

TrustAnchor IntelRootAnchor() { return {"intel-sgx-root", P256PublicKey::FromRaw(kIntelRootKey).value()}; }

Result<TrustAnchor> SimulatedAnchor(const Certificate& root) {
  VIDIMUS_TRY(P256PublicKey key, KeyOf(root));
  TrustAnchor anchor{"simulated", std::move(key)};
  VIDIMUS_CHECK_OK(VerifyRoot(root, {anchor}).map([](const TrustAnchor&) {}));
  return anchor;
}

Result<TrustAnchor> VerifyRoot(const Certificate& root, const std::vector<TrustAnchor>& anchors, const FindHeldKey& find_held) {
  if (root.subject_common_name != kIntelRootName || root.subject != root.issuer)
    return Fail(ErrorCode::kUntrusted, "intel.root.name",
                "found \"" + root.subject_common_name + "\", expected the self-issued \"" + std::string(kIntelRootName) + "\"");
  VIDIMUS_CHECK_OK(CheckShape(root, true, 1));
  for (const TrustAnchor& anchor : anchors) {
    if (!Equal(anchor.key.raw(), root.public_key)) continue;
    if (!(find_held && find_held(root, anchor) != nullptr) && !IsSignedBy(root, anchor.key))
      return Fail(ErrorCode::kUntrusted, "intel.root.signature", "the root's self-signature does not verify");
    return anchor;
  }
  return Fail(ErrorCode::kUntrusted, "intel.root.untrusted",
              "the root's public key is no trusted vendor root: " + HexEncode(Bytes(root.public_key).first(8)) + "…");
}

Result<TrustAnchor> VerifySignedByRoot(const Certificate& certificate, const std::vector<TrustAnchor>& anchors) {
  const bool ca = IsPckCa(certificate);
  if (!ca && certificate.subject_common_name != kIntelTcbSigningName)
    return Fail(ErrorCode::kUntrusted, "intel.tcb_signer.name",
                "found \"" + certificate.subject_common_name + "\", expected \"" + std::string(kIntelTcbSigningName) + "\"");
  VIDIMUS_CHECK_OK(CheckShape(certificate, ca, ca ? std::optional<int>(0) : std::nullopt));
  if (certificate.issuer_common_name == kIntelRootName)
    for (const TrustAnchor& anchor : anchors)
      if (IsSignedBy(certificate, anchor.key)) return anchor;
  return Fail(ErrorCode::kUntrusted, "intel.tcb_signer.signature",
              "\"" + certificate.subject_common_name + "\" is not signed by a trusted vendor root");
}

Result<PckChain> VerifyPckChain(std::vector<Certificate> certificates, const std::vector<TrustAnchor>& anchors,
                                const FindHeldKey& find_held) {
  if (certificates.size() != 3)
    return Fail(ErrorCode::kUntrusted, "intel.pck_chain.length",
                "found " + std::to_string(certificates.size()) + " certificates, expected 3");
  const Certificate* root = nullptr;
  const Certificate* intermediate = nullptr;
  const Certificate* pck = nullptr;
  for (const Certificate& certificate : certificates) {
    if (certificate.subject_common_name == kIntelRootName) root = &certificate;
    if (IsPckCa(certificate)) intermediate = &certificate;
    if (certificate.subject_common_name == kIntelPckName) pck = &certificate;
  }
  if (root == nullptr || intermediate == nullptr || pck == nullptr)
    return Fail(ErrorCode::kUntrusted, "intel.pck_chain.roles",
                "expected one root, one PCK CA and one PCK certificate by their exact names");
  VIDIMUS_TRY(TrustAnchor anchor, VerifyRoot(*root, anchors, find_held));
  VIDIMUS_CHECK_OK(CheckShape(*intermediate, true, 0));
  const P256PublicKey* const held = find_held ? find_held(*intermediate, anchor) : nullptr;
  if (intermediate->issuer != root->subject || (held == nullptr && !IsSignedBy(*intermediate, anchor.key)))
    return Fail(ErrorCode::kUntrusted, "intel.pck_chain.intermediate", "the PCK CA is not signed by the root");
  VIDIMUS_TRY(P256PublicKey ca_key, held == nullptr ? KeyOf(*intermediate) : *held);
  VIDIMUS_CHECK_OK(VerifyPckLeaf(*pck, *intermediate, ca_key));
  return PckChain{*pck, *intermediate, *root, std::move(anchor), std::move(ca_key)};
}

Status VerifyPckLeaf(const Certificate& pck, const Certificate& intermediate, const P256PublicKey& ca_key) {
  if (pck.subject_common_name != kIntelPckName)
    return Fail(ErrorCode::kUntrusted, "intel.pck_chain.roles",
                "found \"" + pck.subject_common_name + "\", expected \"" + std::string(kIntelPckName) + "\"");
  VIDIMUS_CHECK_OK(CheckShape(pck, false, std::nullopt));
  if (pck.issuer != intermediate.subject || !IsSignedBy(pck, ca_key))
    return Fail(ErrorCode::kUntrusted, "intel.pck_chain.leaf", "the PCK certificate is not signed by the PCK CA of the chain");
  return {};
}

}  // namespace vidimus
