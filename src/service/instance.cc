#include "service/instance.h"

#include "base/log.h"
#include "policy/compile.h"
#include "policy/default_policies.h"
#include "token/management_jws.h"
#include "token/policy_jws.h"

namespace vidimus {
namespace {

using PolicyPointer = std::shared_ptr<const PolicyInForce>;

// That of a policy in the store, by which nobody but its signer can have meant this text.
// Who signed it; none of an unsecured one.
Result<std::optional<JsonObject>> VerifyStored(const PolicyRecord& record, TrustModel trust,
                                               const std::vector<SignerCertificate>& signers) {
  VIDIMUS_TRY(const std::string text, PolicyOf(record.jws));
  if (text != record.text || PolicyHash(text) != record.hash)
    return Fail(ErrorCode::kUntrusted, "policy.stored", "found another text in the store than its JWS has");
  VIDIMUS_TRY(const JwsSignature signature, ReadJwsSignature(record.jws));
  if (trust != TrustModel::kIsolated && signature.unsecured()) return std::nullopt;
  VIDIMUS_TRY(const SignerCertificate signer,
              trust == TrustModel::kIsolated ? FindSigner(signature, signers, record.at) : FindSelfNamedSigner(signature));
  const auto& named = signature.certificates();
  return SignerJwk(named.empty() ? signer : named.front());
}

Result<PolicyPointer> StoredPolicy(const PolicyRecord& record, TrustModel trust, const std::vector<SignerCertificate>& signers) {
  auto signer = VerifyStored(record, trust, signers);
  if (!signer) return Fail(signer.error().code, "policy.stored", std::string(signer.error().where) + ": " + signer.error().detail);
  VIDIMUS_TRY(Program program, CompileProgram(record.text));
  return std::make_shared<const PolicyInForce>(PolicyInForce{record.hash, std::move(program), *std::move(signer)});
}

Result<std::vector<SignerCertificate>> SignersEver(StoreTransaction& store, const InstanceKey& key) {
  VIDIMUS_TRY(const auto certificates, store.SignersEver(key));
  std::vector<SignerCertificate> out;
  for (const ByteVector& der : certificates) {
    VIDIMUS_TRY(SignerCertificate certificate, SignerCertificate::FromDer(der));
    out.push_back(std::move(certificate));
  }
  return out;
}

Status LoadPolicies(StoreTransaction& store, Instance& out) {
  VIDIMUS_TRY(const std::vector<SignerCertificate> ever, SignersEver(store, out.record.key));
  for (const AttestationType type : kAttestationTypes) out.policies.emplace(type, CompilePolicy(DefaultPolicy(type)));
  VIDIMUS_TRY(const std::vector<PolicyRecord> current, store.CurrentPolicies(out.record.key));
  for (const PolicyRecord& record : current) {
    const auto type = FindAttestationType(record.type);
    if (!type || record.action == PolicyRecord::Action::kReset) continue;
    auto policy = StoredPolicy(record, out.record.trust_model, ever);
    if (!policy)
      Log(LogLevel::kError, "stored policy does not hold",
          {{"instance", out.record.key.name},
           {"type", record.type},
           {"version", std::to_string(record.version)},
           {"where", std::string(policy.error().where)},
           {"detail", policy.error().detail}});
    out.policies.insert_or_assign(*type, std::move(policy));
  }
  return {};
}

}  // namespace

Error SigningFailed(const Instance& instance, const Error& error) {
  if (error.where != "crypto.private_key.sign" || !instance.keys.AnyIsElsewhere()) return error;
  if (!instance.memory->keys_lost.exchange(true))
    Log(LogLevel::kError, "signing key out of reach", {{"instance", instance.record.key.name}, {"detail", error.detail}});
  return {ErrorCode::kBusy, "keys.out_of_reach", "the PKCS #11 token that holds the signing key does not sign; it is looked for again"};
}

Result<PolicyPointer> CompilePolicy(std::string_view text, size_t step_limit) {
  VIDIMUS_TRY(Program program, CompileProgram(text));
  program.step_limit = step_limit;
  return std::make_shared<const PolicyInForce>(PolicyInForce{PolicyHash(text), std::move(program), std::nullopt});
}

Result<std::shared_ptr<const Instance>> LoadInstance(StoreTransaction& store, const InstanceRecord& record,
                                                     const InstanceDefaults& defaults, const KeyVault& vault, UnixTime now,
                                                     std::shared_ptr<InstanceMemory> memory, const SigningKeys* former) {
  VIDIMUS_TRY(const Json json, ParseJson(record.settings));
  VIDIMUS_TRY(InstanceSettings settings, SettingsFromJson(json, defaults.settings));
  VIDIMUS_TRY(const std::vector<KeyRecord> key_records, store.Keys(record.key));
  VIDIMUS_TRY(SigningKeys keys, SigningKeys::Open(vault, record, key_records, now, defaults.dev, former));
  auto out = std::make_shared<Instance>(Instance{record, std::move(settings), {}, {}, std::move(keys), std::move(memory)});
  VIDIMUS_TRY(const std::vector<SignerRecord> signers, store.Signers(record.key));
  for (const SignerRecord& one : signers) {
    VIDIMUS_TRY(SignerCertificate certificate, SignerCertificate::FromDer(one.certificate));
    out->signers.push_back(std::move(certificate));
  }
  VIDIMUS_CHECK_OK(LoadPolicies(store, *out));
  return out;
}

}  // namespace vidimus
