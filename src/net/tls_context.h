// TlsIdentities: what the TLS connections of a server share: certificates, keys, versions and ciphers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/ssl.h>

#include "base/result.h"
#include "net/http_server.h"

namespace vidimus::net {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

// One context for each identity. The server's name in a client's greeting chooses (RFC 6066 section 3), with the rule of
// HttpServerSettings::identities. Outlives the handshakes of the connections made from it.
class TlsIdentities {
 public:
  explicit TlsIdentities(std::vector<TlsContext> contexts);  // at least one
  TlsIdentities(const TlsIdentities&) = delete;              // the first context knows its address
  TlsIdentities& operator=(const TlsIdentities&) = delete;

  // What to make connections from.
  SSL_CTX* first() const { return contexts_.front().get(); }

 private:
  static int Select(SSL* ssl, int* alert, void* identities);

  std::vector<TlsContext> contexts_;
};

// TLS 1.2 with ECDHE and an AEAD, or TLS 1.3; no resumption, so that no long-lived ticket key weakens forward secrecy.
// Error: net.tls.certificate, which says the number of the identity when there are several.
Result<std::shared_ptr<const TlsIdentities>> MakeTlsIdentities(const std::vector<TlsIdentity>& identities);

// The oldest error in this thread's OpenSSL queue as text, the queue emptied.
std::string TakeTlsError();

}  // namespace vidimus::net
