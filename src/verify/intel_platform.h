// IntelPlatform: what the certification data of a quote decides, whatever the instant: who vouches for the quoting enclave, and for which
// platform.
//
// Platforms differ in their own certificate; those above it are the same for very many. So what was verified of these is kept beside what
// was verified of a whole chain, each by its exact octets, and a platform that was never seen costs one signature where it cost three.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "endorsement/intel_chain.h"
#include "endorsement/pck_certificate.h"
#include "evidence/intel_quote.h"

namespace vidimus {

// The PCK CA and the root of a chain that was verified.
struct IntelPckIssuers {
  std::string text;  // the certification data after its first certificate
  Certificate intermediate, root;
  std::string root_pem;
  P256PublicKey ca_key;
};

struct IntelPlatform {
  std::string text;  // the certification data, without NULs at its end
  PckChain chain;
  std::string root_pem;
  Result<PckExtension> extension;
  Result<P256PublicKey> pck_key;  // parts that chain verification has no need of may be malformed
};

// Certification data of type 5 without the NULs that may follow it (intel-dcap section 1.7).
std::string_view PckChainText(const IntelQuote& quote);

// What follows the first certificate of `text`; empty when none ends in it.
std::string_view PckIssuersText(std::string_view text);

// The certificates of a quote's certification data, which must be of type 5 and hold nothing else. Errors: `where`, pem.*, x509.*
Result<std::vector<Certificate>> ReadPckCertificates(const IntelQuote& quote, std::string_view where);

// The platform of a chain that VerifyPckChain found good in `text`.
std::shared_ptr<const IntelPlatform> ReadIntelPlatform(std::string_view text, PckChain chain);

// The issuers in a platform's text; null when it does not begin with the PCK certificate, so that they are not what follows the first.
std::shared_ptr<const IntelPckIssuers> IssuersOf(const IntelPlatform& platform);

// The platform of `text`, whose issuers are known and end in `anchor`: what ReadPckCertificates, VerifyPckChain and ReadIntelPlatform give,
// for one certificate read and one signature checked. Null when the first certificate is not a good one of theirs; those say why.
std::shared_ptr<const IntelPlatform> ReadIntelPlatformOf(const IntelPckIssuers& issuers, const TrustAnchor& anchor, std::string_view text);

}  // namespace vidimus
