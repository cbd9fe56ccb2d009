#include "service/policies.h"

#include "policy/compile.h"
#include "policy/default_policies.h"
#include "service/policy_signers.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

PolicyResult<void> CheckPolicyText(const std::string& text) {
  Compilation compilation = Compile(text);
  if (compilation.program) return {};
  auto diagnostics = compilation.diagnostics.Sorted();
  return tl::unexpected(PolicyRefusal{ProgramOf(text, std::move(compilation)).error(), text, std::move(diagnostics)});
}

tl::unexpected<PolicyRefusal> Refused(Error error) { return tl::unexpected(PolicyRefusal{std::move(error), {}, {}}); }

PolicyRecord Record(AttestationType type, PolicyRecord::Action action, UnixTime at, const std::string& by) {
  PolicyRecord out;
  out.type = AttestationTypeName(type);
  out.action = action;
  out.at = at;
  out.by = by;
  return out;
}

}  // namespace

Result<ManagementClaims> Policies::Get(const InstanceKey& instance, AttestationType type) const {
  VIDIMUS_TRY(const auto current,
              management_.Read(instance, [&](StoreTransaction& store, const InstanceRecord&) { return store.CurrentPolicies(instance); }));
  for (const PolicyRecord& record : current)
    if (record.type == AttestationTypeName(type) && record.action != PolicyRecord::Action::kReset)
      return ManagementClaims::StoredPolicy(record.jws);
  return ManagementClaims::StoredPolicy(UnsecuredPolicy(DefaultPolicy(type)));
}

PolicyResult<ManagementClaims> Policies::Set(const InstanceKey& instance, AttestationType type, std::string_view body,
                                             const std::string& by) const {
  PolicyRecord record = Record(type, PolicyRecord::Action::kSet, management_.now(), by);
  record.jws = UnquotedJws(body);
  const auto text = PolicyOf(record.jws);
  if (!text) return Refused(text.error());
  const auto signature = ReadJwsSignature(record.jws);
  if (!signature) return Refused(signature.error());
  record.text = *text;
  record.hash = PolicyHash(*text);
  // As MAA: the form, then the signature, then the text (maa-rest-api section 3.2), which is judged outside the transaction: it may take
  // milliseconds and depends on nothing there.
  const auto valid = CheckPolicyText(record.text);
  const auto signer =
      management_.Write(instance, [&](StoreTransaction& store, const InstanceRecord& found) -> Result<std::optional<SignerCertificate>> {
        VIDIMUS_TRY(auto authorised, AuthorisedSigner(store, found, *signature, record.at));
        if (valid) VIDIMUS_CHECK_OK(store.AppendPolicy(instance, record));
        return authorised;
      });
  if (!signer) return Refused(signer.error());
  if (!valid) return tl::unexpected(valid.error());
  // The caller's own certificate, also where a signer has issued it (client-compatibility section 5 item 6).
  const auto& named = signature->certificates();
  return ManagementClaims::PolicyUpdated(record.jws, *signer && !named.empty() ? std::optional(named.front()) : *signer);
}

Result<ManagementClaims> Policies::Reset(const InstanceKey& instance, AttestationType type, std::string_view body,
                                         const std::string& by) const {
  PolicyRecord record = Record(type, PolicyRecord::Action::kReset, management_.now(), by);
  record.jws = UnquotedJws(body);
  VIDIMUS_CHECK_OK(CheckResetJws(record.jws));
  VIDIMUS_TRY(const JwsSignature signature, ReadJwsSignature(record.jws));
  VIDIMUS_TRY(const PolicyRecord written, management_.Write(instance, [&](StoreTransaction& store, const InstanceRecord& found) {
    return AuthorisedSigner(store, found, signature, record.at).and_then([&](const auto&) { return store.AppendPolicy(instance, record); });
  }));
  return ManagementClaims::PolicyRemoved();
}

Result<std::vector<PolicyRecord>> Policies::History(const InstanceKey& instance, AttestationType type) const {
  return management_.Read(instance, [&](StoreTransaction& store, const InstanceRecord&) {
    return store.PolicyHistory(instance, std::string(AttestationTypeName(type)), limits::kHistoryEntries);
  });
}

Result<PolicyRecord> Policies::Version(const InstanceKey& instance, AttestationType type, int64_t version) const {
  return management_.Read(instance, [&](StoreTransaction& store, const InstanceRecord&) -> Result<PolicyRecord> {
    VIDIMUS_TRY(auto found, store.FindPolicy(instance, std::string(AttestationTypeName(type)), version));
    if (found) return *std::move(found);
    return Fail(ErrorCode::kUsage, "policy.version", "found version " + std::to_string(version) + ", expected one of the history");
  });
}

PolicyResult<PolicyRecord> Policies::Rollback(const InstanceKey& instance, AttestationType type, int64_t version,
                                              const std::string& by) const {
  PolicyResult<void> valid;
  const auto written = management_.Write(instance, [&](StoreTransaction& store, const InstanceRecord& found) -> Result<PolicyRecord> {
    PolicyRecord record = Record(type, PolicyRecord::Action::kRollback, management_.now(), by);
    VIDIMUS_TRY(const auto former, store.FindPolicy(instance, record.type, version));
    if (!former || former->action == PolicyRecord::Action::kReset)
      return Fail(ErrorCode::kUsage, "policy.version",
                  "found version " + std::to_string(version) + ", expected one of the history that has a policy; for the default, reset");
    VIDIMUS_TRY(const JwsSignature signature, ReadJwsSignature(former->jws));
    VIDIMUS_TRY(const auto signer, AuthorisedSigner(store, found, signature, record.at));
    valid = CheckPolicyText(former->text);  // by a language that may have grown stricter
    if (!valid) return tl::unexpected(valid.error().error);
    record.jws = former->jws;
    record.text = former->text;
    record.hash = former->hash;
    record.of_version = version;
    return store.AppendPolicy(instance, record);
  });
  if (!valid) return tl::unexpected(valid.error());
  if (!written) return Refused(written.error());
  return *written;
}

}  // namespace vidimus
