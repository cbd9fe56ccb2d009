#include "verify/intel_platform.h"

#include "base/limits.h"
#include "codec/pem.h"

namespace vidimus {
namespace {

constexpr std::string_view kEndOfCertificate = "-----END CERTIFICATE-----";

Result<PckExtension> ReadPckExtension(const Certificate& pck) {
  if (pck.sgx_extension) return ParsePckExtension(*pck.sgx_extension);
  return Fail(ErrorCode::kMalformed, "intel.pck_extension.missing", "the PCK certificate has no SGX extension");
}

std::shared_ptr<const IntelPlatform> MakePlatform(std::string_view text, PckChain chain, std::string root_pem) {
  auto extension = ReadPckExtension(chain.pck);
  auto pck_key = P256PublicKey::FromRaw(chain.pck.public_key);
  return std::make_shared<const IntelPlatform>(
      IntelPlatform{std::string(text), std::move(chain), std::move(root_pem), std::move(extension), std::move(pck_key)});
}

}  // namespace

std::string_view PckChainText(const IntelQuote& quote) {
  std::string_view text = AsText(quote.certification_data);
  while (text.ends_with('\0')) text.remove_suffix(1);
  return text;
}

std::string_view PckIssuersText(std::string_view text) {
  const size_t end = text.find(kEndOfCertificate);
  return end == std::string_view::npos ? std::string_view() : text.substr(end + kEndOfCertificate.size());
}

Result<std::vector<Certificate>> ReadPckCertificates(const IntelQuote& quote, std::string_view where) {
  if (quote.certification_type != 5)
    return Fail(ErrorCode::kUnsupported, where,
                "certification data of type " + std::to_string(quote.certification_type) +
                    " names a PCK certificate without carrying its chain; ask the quoting enclave's provider for type 5");
  VIDIMUS_TRY(const auto blocks, ParsePem(PckChainText(quote), limits::kPemCertificates));
  std::vector<Certificate> out;
  for (const PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE")
      return Fail(ErrorCode::kMalformed, where, "found PEM label \"" + block.label + "\", expected CERTIFICATE");
    VIDIMUS_TRY(Certificate certificate, ParseCertificate(block.der));
    out.push_back(std::move(certificate));
  }
  return out;
}

std::shared_ptr<const IntelPlatform> ReadIntelPlatform(std::string_view text, PckChain chain) {
  std::string root_pem = WritePem("CERTIFICATE", chain.root.der);
  return MakePlatform(text, std::move(chain), std::move(root_pem));
}

std::shared_ptr<const IntelPckIssuers> IssuersOf(const IntelPlatform& platform) {
  const std::string_view issuers = PckIssuersText(platform.text);
  const std::string_view first = std::string_view(platform.text).substr(0, platform.text.size() - issuers.size());
  const auto blocks = ParsePem(first, 1);
  if (!blocks || blocks->front().der != platform.chain.pck.der) return nullptr;
  return std::make_shared<const IntelPckIssuers>(
      IntelPckIssuers{std::string(issuers), platform.chain.intermediate, platform.chain.root, platform.root_pem, platform.chain.ca_key});
}

std::shared_ptr<const IntelPlatform> ReadIntelPlatformOf(const IntelPckIssuers& issuers, const TrustAnchor& anchor, std::string_view text) {
  const auto blocks = ParsePem(text.substr(0, text.size() - issuers.text.size()), 1);
  if (!blocks || blocks->front().label != "CERTIFICATE") return nullptr;
  auto pck = ParseCertificate(blocks->front().der);
  if (!pck || !VerifyPckLeaf(*pck, issuers.intermediate, issuers.ca_key)) return nullptr;
  return MakePlatform(text, {*std::move(pck), issuers.intermediate, issuers.root, anchor, issuers.ca_key}, issuers.root_pem);
}

}  // namespace vidimus
