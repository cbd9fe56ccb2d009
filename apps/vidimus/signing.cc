#include "signing.h"

#include "base/limits.h"
#include "codec/pem.h"
#include "files.h"

namespace vidimus {
namespace {

Result<std::vector<ByteVector>> ParseCertificates(Bytes pem, size_t limit) {
  VIDIMUS_TRY(const auto blocks, ParsePem(AsText(pem), limit));
  std::vector<ByteVector> out;
  for (const PemBlock& block : blocks) {
    if (block.label != "CERTIFICATE")
      return Fail(ErrorCode::kUsage, "policy.signer.certificate", "found a block of " + block.label + ", expected certificates");
    out.push_back(block.der);
  }
  return out;
}

}  // namespace

Result<SigningIdentity> ParseSigningIdentity(Bytes key, Bytes certificates) {
  VIDIMUS_TRY(PrivateKey parsed, PrivateKey::FromPem(AsText(key)));
  VIDIMUS_TRY(std::vector<ByteVector> chain, ParseCertificates(certificates, limits::kX5cCertificates));
  return SigningIdentity{std::move(parsed), std::move(chain)};
}

Result<std::vector<SignerCertificate>> ReadCertificates(const std::string& path, size_t limit) {
  VIDIMUS_TRY(const ByteVector pem, ReadFile(path));
  auto all = ParseCertificates(pem, limit);
  if (all && all->empty()) all = Fail(ErrorCode::kUsage, "policy.signer.certificate", "found nothing, expected certificates");
  if (!all) return Fail(all.error().code, all.error().where, path + ": " + all.error().detail);
  std::vector<SignerCertificate> out;
  for (const ByteVector& der : *all) {
    VIDIMUS_TRY(SignerCertificate certificate, SignerCertificate::FromDer(der));
    out.push_back(std::move(certificate));
  }
  return out;
}

}  // namespace vidimus
