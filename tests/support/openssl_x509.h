// OpenSSL's reading of certificates and CRLs, for tests that compare ours with it. Only crypto's tests include this.
#pragma once

#include <ctime>
#include <functional>
#include <memory>
#include <string>

#include <openssl/ecdsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "base/bytes.h"
#include "base/time.h"

namespace vidimus::testing {

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};
using OpenSslCertificate = std::unique_ptr<X509, FreeWith<X509_free>>;
using OpenSslCrl = std::unique_ptr<X509_CRL, FreeWith<X509_CRL_free>>;

// Null unless OpenSSL takes all of `der`.
inline OpenSslCertificate ReadOpenSslCertificate(Bytes der) {
  const unsigned char* at = der.data();
  OpenSslCertificate out(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(out) : nullptr;
}

inline OpenSslCrl ReadOpenSslCrl(Bytes der) {
  const unsigned char* at = der.data();
  OpenSslCrl out(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  return at == der.data() + der.size() ? std::move(out) : nullptr;
}

inline ByteVector OctetsOf(const ASN1_STRING* text) {
  const unsigned char* data = ASN1_STRING_get0_data(text);
  return {data, data + ASN1_STRING_length(text)};
}

// Unsigned big endian without leading zeros.
inline ByteVector NumberOf(const ASN1_INTEGER* number) {
  BIGNUM* value = ASN1_INTEGER_to_BN(number, nullptr);
  ByteVector out(static_cast<size_t>(BN_num_bytes(value)));
  BN_bn2bin(value, out.data());
  BN_free(value);
  return out;
}

// Minus one when it is no time.
inline UnixTime TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? static_cast<UnixTime>(timegm(&parts)) : -1;
}

inline std::string CommonNameOf(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (at < 0) return {};
  const ByteVector octets = OctetsOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  return {octets.begin(), octets.end()};
}

inline ByteVector DerOf(const X509_NAME* name) {
  const unsigned char* der = nullptr;
  size_t size = 0;
  X509_NAME_get0_der(name, &der, &size);
  return {der, der + size};
}

// r||s, empty when it is no pair of numbers of at most 32 octets.
inline ByteVector RawSignatureOf(const ASN1_BIT_STRING* bits) {
  const unsigned char* at = ASN1_STRING_get0_data(bits);
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, ASN1_STRING_length(bits));
  if (signature == nullptr) return {};
  ByteVector out(64);
  const bool fits = BN_bn2binpad(ECDSA_SIG_get0_r(signature), out.data(), 32) == 32 &&
                    BN_bn2binpad(ECDSA_SIG_get0_s(signature), out.data() + 32, 32) == 32;
  ECDSA_SIG_free(signature);
  return fits ? out : ByteVector();
}

}  // namespace vidimus::testing
