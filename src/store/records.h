// What the service keeps about its instances, and what it was endorsed with, as plain data. The store keeps it and judges none of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/time.h"

namespace vidimus {

// One life of an instance. A name that was deleted and created again is another instance of the next generation, which sees nothing of
// the former.
struct InstanceKey {
  std::string name;  // lower case
  int64_t generation = 1;

  bool operator==(const InstanceKey&) const = default;
};

enum class TrustModel { kAad, kIsolated, kShared };

struct InstanceRecord {
  InstanceKey key;
  TrustModel trust_model = TrustModel::kAad;
  std::string issuer;    // the base URL that clients use
  std::string resource;  // JSON: what the control plane shows and does not interpret, such as location and tags
  std::string settings;  // JSON: the latest of its history
  UnixTime created_at = 0;
  std::string created_by;
  std::optional<UnixTime> deleted_at;
  std::string deleted_by;
  int64_t revision = 0;  // larger after every write that concerns the instance
};

// One of the history of an instance's settings; nothing of it is overwritten.
struct SettingsRecord {
  int64_t version = 0;  // from 1, counted by the store
  UnixTime at = 0;
  std::string by;
  std::string settings;  // JSON
};

// One of the history of an instance's policies for an attestation type; nothing of it is overwritten.
struct PolicyRecord {
  enum class Action { kSet, kReset, kRollback };

  std::string type;     // "SgxEnclave"
  int64_t version = 0;  // from 1 for each type, counted by the store
  UnixTime at = 0;
  std::string by;  // who asked
  Action action = Action::kSet;
  std::string jws;         // as it was sent; of a rollback, that of the version it went back to
  std::string text;        // of the policy; empty for a reset, after which the default is in force
  std::string hash;        // x-ms-policy-hash; empty for a reset
  int64_t of_version = 0;  // of a rollback: the version it went back to; else 0
  bool replayed = false;   // this very JWS had been accepted before
};

// A certificate whose key may sign policies and changes of these certificates.
struct SignerRecord {
  ByteVector certificate;  // DER
  UnixTime added_at = 0;
  std::string added_by;
};

// One of the history of an instance's signers.
struct SignerChangeRecord {
  int64_t version = 0;  // from 1, counted by the store
  UnixTime at = 0;
  std::string by;
  bool added = false;      // else removed
  ByteVector certificate;  // DER
  std::string jws;         // that asked for it; empty when the instance was created with it
  bool replayed = false;   // this very JWS had been accepted before
};

// A key that signs an instance's tokens.
struct KeyRecord {
  enum class Source { kWrapped, kPkcs11 };

  std::string kid;
  Source source = Source::kWrapped;
  ByteVector secret;       // the wrapped private key, or the label of the key in its PKCS #11 token
  ByteVector certificate;  // DER, self-signed
  UnixTime created_at = 0;
  std::string created_by;
  UnixTime signs_from = 0;                  // of several keys the one with the latest that has come signs
  std::optional<UnixTime> published_until;  // once another takes its place
};

// A document that was gathered. Documents are signed by who issued them and the same for every instance, so that they belong to none.
struct EndorsementRecord {
  int64_t sequence = 0;      // counted by the store: larger than that of every write before it, on any node
  std::string digest;        // hex SHA-256 of `content`: what a document is known by
  std::string subject;       // what it speaks for: documents of one subject follow each other
  UnixTime issued_at = 0;    // as the document says
  int64_t rank = 0;          // of two issued at the same time the greater one is newer: the number of a CRL, else 0
  ByteVector content;        // at most limits::kEndorsementBytes
  std::string issuer_chain;  // PEM, at most limits::kIssuerChainBytes; empty where none came with it
  UnixTime fetched_at = 0;   // the last time that `source` gave it
  std::string source;        // for people
};

// A machine that evidence came from, as an instance saw it.
struct PlatformRecord {
  std::string tee;
  std::string digest;    // hex: what a platform is known by within its instance
  std::string platform;  // JSON, at most limits::kPlatformBytes
  UnixTime first_seen = 0;
  UnixTime last_seen = 0;
};

}  // namespace vidimus
