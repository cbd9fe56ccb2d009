// How the tables of the catalogue are written: one maker for each kind of claim, and wrappers for what sets a claim apart.
//
// A maker gives an unremarkable claim that policies see and tokens have, of version 1.0 on.
#pragma once

#include <array>
#include <span>

#include "claims/catalogue.h"

namespace vidimus::catalogue {

constexpr CatalogueEntry Plain(std::string_view name, ClaimValueType type, std::string_view meaning, std::string_view source) {
  return {name, type, ClaimEncoding::kPlain, 0, ClaimDirection::kBoth, ClaimRole::kOther, false, true, "1.0", "", meaning, source, ""};
}
constexpr CatalogueEntry Text(std::string_view name, std::string_view meaning, std::string_view source) {
  return Plain(name, ClaimValueType::kString, meaning, source);
}
constexpr CatalogueEntry Integer(std::string_view name, std::string_view meaning, std::string_view source) {
  return Plain(name, ClaimValueType::kInteger, meaning, source);
}
constexpr CatalogueEntry Boolean(std::string_view name, std::string_view meaning, std::string_view source) {
  return Plain(name, ClaimValueType::kBoolean, meaning, source);
}
constexpr CatalogueEntry Encoded(ClaimEncoding encoding, std::string_view name, std::string_view meaning, std::string_view source) {
  CatalogueEntry out = Text(name, meaning, source);
  out.encoding = encoding;
  return out;
}
// `octets` decoded; 0 where the length varies.
constexpr CatalogueEntry Hex(size_t octets, std::string_view name, std::string_view meaning, std::string_view source) {
  CatalogueEntry out = Encoded(ClaimEncoding::kHex, name, meaning, source);
  out.octets = octets;
  return out;
}
constexpr CatalogueEntry JsonText(std::string_view name, std::string_view meaning, std::string_view source) {
  return Encoded(ClaimEncoding::kJson, name, meaning, source);
}

constexpr CatalogueEntry Measurement(CatalogueEntry entry) {
  entry.role = ClaimRole::kMeasurement;
  return entry;
}
constexpr CatalogueEntry Debug(CatalogueEntry entry) {
  entry.role = ClaimRole::kDebug;
  return entry;
}
constexpr CatalogueEntry ReadOnly(CatalogueEntry entry) {
  entry.read_only = true;
  return entry;
}
// Evidence may lack it.
constexpr CatalogueEntry Sometimes(CatalogueEntry entry) {
  entry.sometimes = true;
  return entry;
}
// Of a type whose evidence may lack any of its claims.
template <size_t kCount>
constexpr std::array<CatalogueEntry, kCount> AllSometimes(const CatalogueEntry (&entries)[kCount]) {
  std::array<CatalogueEntry, kCount> out = std::to_array(entries);
  for (CatalogueEntry& entry : out) entry.sometimes = entry.incoming();
  return out;
}
constexpr CatalogueEntry Several(CatalogueEntry entry) {
  entry.several = true;
  return entry;
}
constexpr CatalogueEntry Since(std::string_view version, CatalogueEntry entry) {
  entry.since = version;
  return entry;
}
constexpr CatalogueEntry Until(std::string_view version, CatalogueEntry entry) {
  entry.until = version;
  return entry;
}
// Another name of the claim `of`, kept for old policies and old relying parties.
constexpr CatalogueEntry Alias(std::string_view of, CatalogueEntry entry) {
  entry.alias_of = of;
  return entry;
}
constexpr CatalogueEntry Incoming(CatalogueEntry entry) {
  entry.direction = ClaimDirection::kIncoming;
  entry.reserved = entry.name.starts_with("x-vidimus-");  // all of these are ours
  return entry;
}
constexpr CatalogueEntry Outgoing(CatalogueEntry entry) {
  entry.direction = ClaimDirection::kOutgoing;
  return entry;
}
// In tokens because the default policy issues it, never by the service itself.
constexpr CatalogueEntry ByPolicy(CatalogueEntry entry) {
  entry.direction = ClaimDirection::kOutgoing;
  entry.reserved = false;
  return entry;
}
constexpr CatalogueEntry Property(std::string_view since, CatalogueEntry entry) {
  entry.direction = ClaimDirection::kProperty;
  entry.reserved = false;
  entry.since = since;
  return entry;
}

// What one table holds: of one attestation type, or of several.
using Table = std::span<const CatalogueEntry>;
Table Sgx();
Table Tdx();
Table IntelPlatform();  // of both
Table SevSnp();
Table AzureGuest();
Table Tpm();
Table TeeTokens();  // what the tokens of all types but Tpm have
Table Tokens();     // what the tokens of all types have
Table Vidimus();    // what this service says beyond MAA, of all types

}  // namespace vidimus::catalogue
