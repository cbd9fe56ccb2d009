// Makes certificates and revocation lists: a dev server's TLS and signing certificates, and simulated vendors.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/private_key.h"

namespace vidimus {

// One attribute of a Name, e.g. {"CN", "Intel SGX Root CA"}; short names as OpenSSL spells them: CN, O, L, ST, C.
using NameAttribute = std::pair<std::string, std::string>;
using Name = std::vector<NameAttribute>;

struct CustomExtension {
  std::string oid;   // dotted
  ByteVector value;  // content of the extnValue OCTET STRING
  bool critical = false;
};

struct CertificateSpec {
  Name subject;
  ByteVector serial;  // unsigned big endian, 1 to 20 bytes
  UnixTime not_before = 0, not_after = 0;
  bool is_ca = false;
  int path_length = -1;                // of a CA; -1 for none
  std::string key_usage;               // OpenSSL's spelling, e.g. "keyCertSign, cRLSign"; always critical
  std::vector<std::string> dns_names;  // subjectAltName
  std::vector<std::string> ip_addresses;
  bool server_auth = false;  // extendedKeyUsage serverAuth
  std::string crl_uri;       // cRLDistributionPoints, none when empty
  std::vector<CustomExtension> custom;
};

// Who signs. A self-signed certificate has its own subject and key here.
struct Issuer {
  Name name;
  PrivateKey key;
};

// DER. `subject_key` gives the public key; subjectKeyIdentifier and authorityKeyIdentifier are always present.
// ECDSA-with-SHA256 for a P-256 issuer, sha256WithRSAEncryption for RSA. Error: crypto.issue
Result<ByteVector> IssueCertificate(const CertificateSpec& spec, const PrivateKey& subject_key, const Issuer& issuer);

struct CrlSpec {
  UnixTime this_update = 0, next_update = 0;
  uint64_t number = 1;
  std::vector<ByteVector> revoked_serials;
};

// DER, version 2, with cRLNumber and authorityKeyIdentifier. Error: crypto.issue
Result<ByteVector> IssueCrl(const CrlSpec& spec, const Issuer& issuer);

}  // namespace vidimus
