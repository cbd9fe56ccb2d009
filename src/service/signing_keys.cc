#include "service/signing_keys.h"

#include <algorithm>

#include "base/hex.h"
#include "base/limits.h"
#include "crypto/random.h"

namespace vidimus {
namespace {

// What a wrapped key may be used for; part of what is authenticated.
std::string Context(const InstanceKey& instance, const std::string& kid) {
  return "token-signing\n" + instance.name + "\n" + std::to_string(instance.generation) + "\n" + kid;
}

std::string KidOf(const PrivateKey& key) { return SigningKeyId(key.PublicKeyDer()); }

bool IsPublished(const std::optional<UnixTime>& until, UnixTime now) { return !until || *until > now; }

// By when they sign; none of no keys.
template <typename Key>
const Key* Signer(const std::vector<Key>& keys, UnixTime now) {
  const auto after = std::upper_bound(keys.begin(), keys.end(), now, [](UnixTime t, const Key& key) { return t < key.signs_from; });
  if (after == keys.begin()) return keys.empty() ? nullptr : &keys.front();
  return &*std::prev(after);
}

tl::unexpected<Error> NoToken() {
  return Fail(ErrorCode::kMissing, "keys.pkcs11", "found no PKCS #11 token in the configuration, which holds this key; set keys.pkcs11");
}

}  // namespace

Result<KeyRecord> KeyVault::Make(const InstanceKey& instance, const std::string& issuer, int bits, KeyRecord::Source source) const {
  KeyRecord out;
  out.source = source;
  if (source == KeyRecord::Source::kPkcs11) {
    if (!token_) return NoToken();
    VIDIMUS_TRY(const ByteVector random, RandomBytes(8));
    const std::string label = "vidimus " + instance.name + " " + HexEncode(random);
    VIDIMUS_TRY(const PrivateKey key, token_->Generate(bits, label));
    out.kid = KidOf(key);
    out.secret = ByteVector(label.begin(), label.end());
    VIDIMUS_TRY(out.certificate, MakeSigningCertificate(issuer, key));
    return out;
  }
  VIDIMUS_TRY(const PrivateKey key, PrivateKey::GenerateRsa(bits));
  out.kid = KidOf(key);
  VIDIMUS_TRY(out.secret, master_.Wrap(AsBytes(key.ToPem()), Context(instance, out.kid)));
  VIDIMUS_TRY(out.certificate, MakeSigningCertificate(issuer, key));
  return out;
}

Result<ByteVector> KeyVault::Unwrap(const InstanceKey& instance, const KeyRecord& record) const {
  auto secret = master_.Unwrap(record.secret, Context(instance, record.kid));
  if (!secret && previous_) {
    if (auto former = previous_->Unwrap(record.secret, Context(instance, record.kid))) return former;
  }
  return secret;
}

Result<PrivateKey> KeyVault::Open(const InstanceKey& instance, const KeyRecord& record) const {
  const auto open = [&]() -> Result<PrivateKey> {
    if (record.source == KeyRecord::Source::kPkcs11) {
      if (!token_) return NoToken();
      return token_->Find(std::string(AsText(record.secret)));
    }
    VIDIMUS_TRY(const ByteVector pem, Unwrap(instance, record));
    return PrivateKey::FromPem(AsText(pem));
  };
  VIDIMUS_TRY(PrivateKey key, open());
  if (KidOf(key) != record.kid)
    return Fail(ErrorCode::kMismatch, "keys.certificate", "found key " + KidOf(key) + ", expected " + record.kid + " as the store has it");
  return key;
}

Result<std::optional<KeyRecord>> KeyVault::Rewrapped(const InstanceKey& instance, const KeyRecord& record) const {
  const std::string context = Context(instance, record.kid);
  if (record.source == KeyRecord::Source::kPkcs11 || master_.Unwrap(record.secret, context)) return std::nullopt;
  VIDIMUS_TRY(const ByteVector secret, Unwrap(instance, record));
  KeyRecord out = record;
  VIDIMUS_TRY(out.secret, master_.Wrap(secret, context));
  return out;
}

Result<SigningKeys> SigningKeys::Open(const KeyVault& vault, const InstanceRecord& instance, const std::vector<KeyRecord>& records,
                                      UnixTime now, bool dev, const SigningKeys* former) {
  SigningKeys out;
  const auto open = [&](const KeyRecord& record) -> Result<TokenSigner> {
    auto key = vault.Open(instance.key, record);
    if (key) return TokenSigner::Create(instance.issuer, *std::move(key), dev);
    if (former == nullptr || !key.error().where.starts_with("crypto.pkcs11.")) return tl::unexpected(key.error());
    for (const Key& known : former->keys_)
      if (known.signer.kid() == record.kid) {
        out.lost_ = key.error();
        return known.signer;
      }
    return tl::unexpected(key.error());
  };
  for (const KeyRecord& record : records) {
    if (!IsPublished(record.published_until, now)) continue;
    VIDIMUS_TRY(TokenSigner signer, open(record));
    VIDIMUS_TRY(JsonObject jwk, SigningKeyJwk(record.certificate));
    out.keys_.push_back({record.signs_from, record.published_until, std::move(jwk), std::move(signer)});
  }
  if (out.keys_.empty()) return Fail(ErrorCode::kMissing, "keys.none", "instance " + instance.key.name + " has no key that signs tokens");
  std::stable_sort(out.keys_.begin(), out.keys_.end(), [](const Key& a, const Key& b) { return a.signs_from < b.signs_from; });
  return out;
}

const TokenSigner& SigningKeys::SignerAt(UnixTime now) const { return Signer(keys_, now)->signer; }

JsonArray SigningKeys::PublishedAt(UnixTime now) const {
  JsonArray out;
  for (const Key& key : keys_)
    if (IsPublished(key.published_until, now)) out.emplace_back(key.jwk);
  return out;
}

bool SigningKeys::AnySignsSlowly() const {
  return std::any_of(keys_.begin(), keys_.end(), [](const Key& key) { return key.signer.signs_slowly(); });
}

SigningKeys::Summary SigningKeys::SummaryAt(UnixTime now) const {
  Summary out;
  for (const Key& key : keys_) {
    if (!IsPublished(key.published_until, now)) continue;
    ++(key.signer.signs_elsewhere() ? out.elsewhere : out.wrapped);
    if (key.signs_from > now) ++out.waiting;
  }
  out.signs_since = Signer(keys_, now)->signs_from;
  return out;
}

bool SigningKeys::AnyIsElsewhere() const {
  return std::any_of(keys_.begin(), keys_.end(), [](const Key& key) { return key.signer.signs_elsewhere(); });
}

Result<Rotation> PlanRotation(const std::vector<KeyRecord>& keys, KeyRecord next, UnixTime now, int64_t lead, int64_t lifetime,
                              bool emergency) {
  const KeyRecord* signer = Signer(keys, now);
  const auto published =
      std::count_if(keys.begin(), keys.end(), [&](const KeyRecord& key) { return IsPublished(key.published_until, now); });
  if (!emergency && !keys.empty() && keys.back().signs_from > now)
    return Fail(ErrorCode::kUsage, "keys.pending",
                "key " + keys.back().kid + " is published and signs from " + FormatRfc3339Utc(keys.back().signs_from) +
                    "; rotate after that, or at once with emergency");
  // An emergency withdraws the others, and must not have to wait until they go by themselves.
  if (!emergency && static_cast<size_t>(published) >= limits::kSigningKeys)
    return Fail(ErrorCode::kLimit, "keys.limit",
                "found " + std::to_string(published) + " published keys, expected fewer than " + std::to_string(limits::kSigningKeys));
  Rotation out{std::move(next), {}};
  out.added.created_at = now;
  out.added.signs_from = emergency ? now : now + lead;
  for (const KeyRecord& key : keys) {
    if (!IsPublished(key.published_until, now) || (!emergency && &key != signer)) continue;
    out.changed.push_back(key);
    out.changed.back().published_until = emergency ? now : out.added.signs_from + std::max(lifetime, lead);
  }
  return out;
}

}  // namespace vidimus
