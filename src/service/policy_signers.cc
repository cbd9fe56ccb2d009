#include "service/policy_signers.h"

#include <algorithm>

namespace vidimus {
namespace {

tl::unexpected<Error> Disallowed(const std::string& why) { return Fail(ErrorCode::kUsage, "policy.disallowed", why); }

Result<std::vector<SignerCertificate>> SignersNow(StoreTransaction& store, const InstanceKey& instance) {
  VIDIMUS_TRY(const auto records, store.Signers(instance));
  std::vector<SignerCertificate> out;
  for (const SignerRecord& record : records) {
    VIDIMUS_TRY(SignerCertificate certificate, SignerCertificate::FromDer(record.certificate));
    out.push_back(std::move(certificate));
  }
  return out;
}

// Of adding or removing `certificate` where `signers` are.
Status CheckChange(const std::vector<SignerCertificate>& signers, const SignerCertificate& certificate, bool add) {
  const bool there =
      std::any_of(signers.begin(), signers.end(), [&](const SignerCertificate& one) { return one.der() == certificate.der(); });
  if (add && !there && signers.size() >= limits::kPolicySigners)
    return Fail(ErrorCode::kLimit, "policy.signer.limit", "found " + std::to_string(signers.size()) + " signers, which is the most");
  if (!add && there && signers.size() == 1)
    return Fail(
        ErrorCode::kUsage, "policy.signer.last",
        "found the only policy signer, " + certificate.thumbprint() + "; add another one first: without any nobody could sign again");
  return {};
}

}  // namespace

Result<std::optional<SignerCertificate>> AuthorisedSigner(StoreTransaction& store, const InstanceRecord& instance,
                                                          const JwsSignature& signature, UnixTime now) {
  const auto signer = [](Result<SignerCertificate> found) -> Result<std::optional<SignerCertificate>> {
    if (!found) return tl::unexpected(std::move(found).error());
    return std::optional(*std::move(found));
  };
  switch (instance.trust_model) {
    case TrustModel::kShared: return Disallowed("the instance is shared: its policies are the defaults and cannot be changed");
    case TrustModel::kAad:
      if (signature.unsecured()) return std::nullopt;
      return signer(FindSelfNamedSigner(signature));
    case TrustModel::kIsolated: break;
  }
  VIDIMUS_TRY(const auto signers, SignersNow(store, instance.key));
  return signer(FindSigner(signature, signers, now));
}

Result<ManagementClaims> PolicySigners::List(const InstanceKey& instance) const {
  VIDIMUS_TRY(const auto signers,
              management_.Read(instance, [&](StoreTransaction& store, const InstanceRecord&) { return SignersNow(store, instance); }));
  return ManagementClaims::Signers(signers);
}

Result<SignerCertificate> PolicySigners::Change(const InstanceKey& instance, std::string_view body, bool add, const std::string& by) const {
  SignerChangeRecord record;
  record.at = management_.now();
  record.by = by;
  record.added = add;
  VIDIMUS_TRY(record.jws, JwsOfCertificateBody(body));
  VIDIMUS_TRY(SignerCertificate certificate, CertificateToChange(record.jws));
  VIDIMUS_TRY(const JwsSignature signature, ReadJwsSignature(record.jws));
  record.certificate = certificate.der();
  const Status written = management_.Write(instance, [&](StoreTransaction& store, const InstanceRecord& found) -> Status {
    if (found.trust_model != TrustModel::kIsolated) return Disallowed("only isolated instances have policy signers");
    VIDIMUS_TRY(const auto signers, SignersNow(store, instance));
    VIDIMUS_TRY(const SignerCertificate signer, FindSigner(signature, signers, record.at));
    VIDIMUS_CHECK_OK(CheckChange(signers, certificate, add));
    return store.AppendSignerChange(instance, record);
  });
  if (!written) return tl::unexpected(written.error());
  return certificate;
}

Result<ManagementClaims> PolicySigners::Add(const InstanceKey& instance, std::string_view body, const std::string& by) const {
  VIDIMUS_TRY(const SignerCertificate certificate, Change(instance, body, true, by));
  return ManagementClaims::SignerPresent(certificate);
}

Result<ManagementClaims> PolicySigners::Remove(const InstanceKey& instance, std::string_view body, const std::string& by) const {
  VIDIMUS_TRY(const SignerCertificate certificate, Change(instance, body, false, by));
  return ManagementClaims::SignerAbsent(certificate);
}

Result<std::vector<SignerChangeRecord>> PolicySigners::History(const InstanceKey& instance) const {
  return management_.Read(
      instance, [&](StoreTransaction& store, const InstanceRecord&) { return store.SignerHistory(instance, limits::kHistoryEntries); });
}

}  // namespace vidimus
