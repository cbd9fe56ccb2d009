// The keys that sign an instance's tokens: how they are made and kept, which one signs at a moment, and how one follows another.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crypto/master_key.h"
#include "crypto/pkcs11_token.h"
#include "service/instance_settings.h"
#include "store/records.h"
#include "token/token_signer.h"

namespace vidimus {

// Makes keys and opens them again. Private keys are kept wrapped by the master key, for one instance, one kid and this purpose only, or in
// a PKCS #11 token.
class KeyVault {
 public:
  // `previous`: a master key that was in use before, until everything is wrapped by `master`.
  KeyVault(MasterKey master, std::optional<MasterKey> previous, std::optional<Pkcs11Token> token)
      : master_(std::move(master)), previous_(std::move(previous)), token_(std::move(token)) {}

  // A new key for tokens of `issuer`; times are the caller's. Errors: keys.pkcs11 for a PKCS #11 key without a token; those of crypto
  Result<KeyRecord> Make(const InstanceKey& instance, const std::string& issuer, int bits, KeyRecord::Source source) const;
  // Errors: keys.pkcs11; crypto.master_key.other, crypto.master_key.unwrap; crypto.pkcs11.key; keys.certificate
  Result<PrivateKey> Open(const InstanceKey& instance, const KeyRecord& record) const;
  // `record` wrapped by the current master key; none when it is already, or is in a token. Errors: those of Open
  Result<std::optional<KeyRecord>> Rewrapped(const InstanceKey& instance, const KeyRecord& record) const;

 private:
  Result<ByteVector> Unwrap(const InstanceKey& instance, const KeyRecord& record) const;

  MasterKey master_;
  std::optional<MasterKey> previous_;
  std::optional<Pkcs11Token> token_;
};

// The keys of an instance, ready to sign.
class SigningKeys {
 public:
  // `records` as the store has them, one at least. A key in a token that does not answer is taken from `former`, where that has it: it
  // does not sign, but is published, and others sign. Errors: keys.none; those of KeyVault::Open
  static Result<SigningKeys> Open(const KeyVault& vault, const InstanceRecord& instance, const std::vector<KeyRecord>& records,
                                  UnixTime now, bool dev, const SigningKeys* former = nullptr);

  // The key whose turn came last; the first one when, by a clock that went back, none has come.
  const TokenSigner& SignerAt(UnixTime now) const;
  // What /certs shows: the one that signs, those that will, and those whose tokens may still be in use.
  JsonArray PublishedAt(UnixTime now) const;
  // Whether any is too slow for an event loop.
  bool AnySignsSlowly() const;
  // Those that are published, for who watches over them.
  struct Summary {
    size_t wrapped = 0, elsewhere = 0;  // where they are kept
    size_t waiting = 0;                 // of them, those that do not sign yet
    UnixTime signs_since = 0;           // of the one that signs
  };
  Summary SummaryAt(UnixTime now) const;
  // Whether any is in a PKCS #11 token.
  bool AnyIsElsewhere() const;
  // Why one was taken from former keys; none when all were opened.
  const std::optional<Error>& lost() const { return lost_; }

 private:
  struct Key {
    UnixTime signs_from;
    std::optional<UnixTime> published_until;
    JsonObject jwk;
    TokenSigner signer;
  };
  std::vector<Key> keys_;  // by signs_from
  std::optional<Error> lost_;
};

struct Rotation {
  KeyRecord added;
  std::vector<KeyRecord> changed;  // of the former keys
};

// `next` takes over from `keys`: published now, signing after `lead`; the former signer stays published for max(lifetime, lead) after that.
// In an emergency it signs at once and the others are withdrawn at once. Errors: keys.pending while another one waits for its turn and it
// is no emergency; keys.limit past limits::kSigningKeys
Result<Rotation> PlanRotation(const std::vector<KeyRecord>& keys, KeyRecord next, UnixTime now, int64_t lead, int64_t lifetime,
                              bool emergency);

}  // namespace vidimus
