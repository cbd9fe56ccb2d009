// Every distinct certificate and CRL among the recorded Intel vectors, in DER: from files and from the PEM inside quotes.
#pragma once

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "codec/der.h"
#include "codec/pem.h"
#include "tests/support/vectors.h"

namespace vidimus::testing {

struct X509Vectors {
  std::vector<ByteVector> certificates;
  std::vector<ByteVector> crls;
};

// The DER of each PEM block that stands anywhere in `content`, in order.
inline std::vector<ByteVector> PemWithin(std::string_view content) {
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<ByteVector> out;
  for (size_t at = content.find("-----BEGIN CERTIFICATE-----"); at != std::string_view::npos;
       at = content.find("-----BEGIN CERTIFICATE-----", at + 1)) {
    const size_t end = content.find(kEnd, at);
    if (end == std::string_view::npos) break;
    if (const auto blocks = ParsePem(content.substr(at, end + kEnd.size() - at), 1)) out.push_back((*blocks)[0].der);
  }
  return out;
}

// A certificate's tbsCertificate begins with the version in [0]; a CRL's with an INTEGER.
inline bool LooksLikeCertificate(const ByteVector& der) {
  const auto outer = DerReader(der).Read(0x30);
  const auto tbs = outer ? DerReader(outer->value).Read(0x30) : outer;
  return tbs && DerReader(tbs->value).NextIs(0xa0);
}

inline X509Vectors ReadX509Vectors() {
  std::set<ByteVector> certificates;
  std::set<ByteVector> crls;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(VectorFolder() + "/intel")) {
    const std::string kind = entry.path().extension().string();
    if (kind != ".pem" && kind != ".bin" && kind != ".der") continue;
    const ByteVector content = ReadFile(entry.path().string());
    if (kind == ".der") (LooksLikeCertificate(content) ? certificates : crls).insert(content);
    for (ByteVector& der : PemWithin(AsText(content))) certificates.insert(std::move(der));
  }
  return {{certificates.begin(), certificates.end()}, {crls.begin(), crls.end()}};
}

// The chain of a quote that carries one: PCK certificate, PCK CA, root.
inline std::vector<ByteVector> ReadQuoteChain(const std::string& quote) { return PemWithin(AsText(ReadVector("intel/quotes/" + quote))); }

}  // namespace vidimus::testing
