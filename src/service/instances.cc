#include "service/instances.h"

#include <algorithm>

#include "base/log.h"
#include "service/key_management.h"

namespace vidimus {
namespace {

InstanceRecord NewRecord(const InstanceKey& key, const std::string& issuer, UnixTime now, const std::string& by) {
  InstanceRecord out;
  out.key = key;
  out.issuer = issuer;
  out.created_at = now;
  out.created_by = by;
  return out;
}

Status CheckKeptSize(const std::string& text, size_t limit, std::string_view where) {
  if (text.size() <= limit) return {};
  return Fail(ErrorCode::kLimit, where, "found " + std::to_string(text.size()) + " bytes, expected at most " + std::to_string(limit));
}

// The creator as owner, beside the grants that were asked for.
Result<Json> WithOwner(const Json& settings, const Caller& creator) {
  std::vector<Grant> grants{{Identity(creator), Role::kOwner}};
  if (const Json* wanted = settings.Find("grants"); wanted != nullptr) {
    VIDIMUS_TRY(const auto more, GrantsFromJson(*wanted));
    std::copy_if(more.begin(), more.end(), std::back_inserter(grants), [&](const Grant& one) { return !(one == grants.front()); });
  }
  return PatchedSettings(settings, JsonObject{{"grants", GrantsToJson(grants)}});
}

}  // namespace

ClaimMatch Identity(const Caller& caller) {
  const Json* oid = caller.claims.Find("oid");
  if (oid != nullptr && oid->AsString() != nullptr) return {caller.issuer, "oid", *oid->AsString()};
  return {caller.issuer, "sub", caller.subject};
}

Result<std::vector<InstanceRecord>> Instances::List() const {
  VIDIMUS_TRY(std::vector<InstanceRecord> out, management_.Read([](StoreTransaction& store) { return store.Instances(); }));
  std::erase_if(out, [](const InstanceRecord& record) { return record.deleted_at.has_value(); });
  return out;
}

Result<std::optional<InstanceRecord>> Instances::Find(const std::string& name) const {
  return management_.Read([&](StoreTransaction& store) { return store.FindInstance(name); });
}

Result<InstanceRecord> Instances::Get(const InstanceKey& key) const {
  return management_.Read(key, [](StoreTransaction&, const InstanceRecord& found) { return Result<InstanceRecord>(found); });
}

Result<std::string> Instances::UrlOf(const std::string& name) const {
  const InstanceAddresses& addresses = management_.registry.addresses();
  if (name == addresses.default_name)
    return Fail(ErrorCode::kUsage, "instance.reserved", "\"" + name + "\" is the default instance, which the configuration makes");
  if (const auto own = addresses.urls.find(name); own != addresses.urls.end()) return own->second;
  if (addresses.url) return addresses.url->UrlOf(name);
  return Fail(ErrorCode::kUsage, "instance.no_template",
              "instance \"" + name + "\" would have no URL: set instances.url in the configuration, or give it a listener");
}

Status Instances::Insert(const InstanceRecord& record, const std::vector<SignerCertificate>& signers, const KeyRecord& key) const {
  return management_.Write([&](StoreTransaction& store) -> Status {
    VIDIMUS_TRY(const auto former, store.FindInstance(record.key.name));
    if (former && !former->deleted_at) return Fail(ErrorCode::kMismatch, "instance.exists", "instance \"" + record.key.name + "\" exists");
    if ((former ? former->key.generation : 0) + 1 != record.key.generation)
      return Fail(ErrorCode::kMismatch, "instance.exists",
                  "instance \"" + record.key.name + "\" was made and deleted meanwhile; try again");
    VIDIMUS_TRY(const StoreRevision revision, store.Revision());
    if (static_cast<size_t>(revision.instances) >= most_)
      return Fail(ErrorCode::kLimit, "instance.limit", "found " + std::to_string(revision.instances) + " instances, which is the most");
    VIDIMUS_CHECK_OK(store.CreateInstance(record));
    VIDIMUS_CHECK_OK(store.AddKey(record.key, key));
    for (const SignerCertificate& signer : signers) {
      SignerChangeRecord change;
      change.at = record.created_at;
      change.by = record.created_by;
      change.added = true;
      change.certificate = signer.der();
      VIDIMUS_CHECK_OK(store.AppendSignerChange(record.key, change));
    }
    return {};
  });
}

Result<InstanceRecord> Instances::Create(const NewInstance& wanted, const Caller& creator) const {
  VIDIMUS_TRY(const std::string name, NormalInstanceName(wanted.name));
  VIDIMUS_TRY(const std::string issuer, UrlOf(name));
  if (wanted.signers.size() > limits::kPolicySigners)
    return Fail(ErrorCode::kLimit, "policy.signer.limit",
                "found " + std::to_string(wanted.signers.size()) + " signers, expected at most " + std::to_string(limits::kPolicySigners));
  VIDIMUS_TRY(const auto former, Find(name));
  if (former && !former->deleted_at) return Fail(ErrorCode::kMismatch, "instance.exists", "instance \"" + name + "\" exists");
  const std::string by = DescribeCaller(creator);
  InstanceRecord record = NewRecord({name, (former ? former->key.generation : 0) + 1}, issuer, management_.now(), by);
  record.trust_model = wanted.signers.empty() ? TrustModel::kAad : TrustModel::kIsolated;
  VIDIMUS_TRY(const Json settings, WithOwner(wanted.settings, creator));
  VIDIMUS_TRY(const InstanceSettings read, SettingsFromJson(settings, management_.registry.defaults().settings));
  record.settings = WriteJson(settings);
  record.resource = WriteJson(wanted.resource);
  VIDIMUS_CHECK_OK(CheckKeptSize(record.resource, limits::kResourceBytes, "instance.resource"));
  VIDIMUS_TRY(const KeyRecord key, FirstKey(management_, record, read, by));
  VIDIMUS_CHECK_OK(Insert(record, wanted.signers, key));
  Log(LogLevel::kInfo, "instance created", {{"instance", name}, {"issuer", issuer}, {"by", by}});
  return record;
}

Status Instances::EnsureDefault(const std::string& issuer, const Json& settings) const {
  const std::string& name = management_.registry.addresses().default_name;
  VIDIMUS_TRY(const auto former, Find(name));
  if (!former) {
    InstanceRecord record = NewRecord({name, 1}, issuer, management_.now(), "configuration");
    VIDIMUS_TRY(const InstanceSettings read, SettingsFromJson(settings, management_.registry.defaults().settings));
    record.settings = WriteJson(settings);
    record.resource = "{}";
    VIDIMUS_TRY(const KeyRecord key, FirstKey(management_, record, read, "configuration"));
    const Status inserted = Insert(record, {}, key);
    if (!inserted && inserted.error().where != "instance.exists") return inserted;  // another node was first
  } else if (former->issuer != issuer) {
    return MoveDefault(former->key, issuer);
  }
  return management_.registry.Refresh();
}

Status Instances::MoveDefault(const InstanceKey& key, const std::string& issuer) const {
  return management_.Write(key, [&](StoreTransaction& store, const InstanceRecord& found) -> Status {
    VIDIMUS_CHECK_OK(store.SetIssuer(found.key, issuer));
    VIDIMUS_TRY(const auto keys, store.Keys(found.key));
    for (KeyRecord record : keys) {
      VIDIMUS_TRY(const PrivateKey opened, management_.vault.Open(found.key, record));
      VIDIMUS_TRY(record.certificate, MakeSigningCertificate(issuer, opened));
      VIDIMUS_CHECK_OK(store.UpdateKey(found.key, record));
    }
    return {};
  });
}

Result<InstanceRecord> Instances::Update(const InstanceKey& key, const std::function<Result<Change>(Change)>& change,
                                         const std::string& by) const {
  return management_.Write(key, [&](StoreTransaction& store, const InstanceRecord& found) -> Result<InstanceRecord> {
    InstanceRecord out = found;
    VIDIMUS_TRY(const Json resource, ParseJson(found.resource));
    VIDIMUS_TRY(const Json settings, ParseJson(found.settings));
    VIDIMUS_TRY(const Change changed, change({resource.AsObject() == nullptr ? JsonObject{} : *resource.AsObject(), settings}));
    VIDIMUS_TRY(const InstanceSettings valid, SettingsFromJson(changed.settings, management_.registry.defaults().settings));
    out.resource = WriteJson(changed.resource);
    out.settings = WriteJson(changed.settings);
    VIDIMUS_CHECK_OK(CheckKeptSize(out.resource, limits::kResourceBytes, "instance.resource"));
    if (out.resource != found.resource) VIDIMUS_CHECK_OK(store.SetResource(key, out.resource));
    if (out.settings != found.settings) VIDIMUS_CHECK_OK(store.AppendSettings(key, {0, management_.now(), by, out.settings}));
    return out;
  });
}

Result<bool> Instances::Delete(const std::string& name, const std::string& by) const {
  if (name == management_.registry.addresses().default_name)
    return Fail(ErrorCode::kUsage, "instance.reserved", "\"" + name + "\" is the default instance, which the configuration makes");
  auto deleted = management_.Write([&](StoreTransaction& store) -> Result<bool> {
    VIDIMUS_TRY(const auto found, store.FindInstance(name));
    if (!found || found->deleted_at) return false;
    VIDIMUS_CHECK_OK(store.DeleteInstance(found->key, management_.now(), by));
    return true;
  });
  if (deleted && *deleted) Log(LogLevel::kInfo, "instance deleted", {{"instance", name}, {"by", by}});
  return deleted;
}

Result<std::vector<SettingsRecord>> Instances::SettingsHistory(const InstanceKey& key) const {
  return management_.Read(
      key, [&](StoreTransaction& store, const InstanceRecord&) { return store.SettingsHistory(key, limits::kHistoryEntries); });
}

}  // namespace vidimus
