// TlsContext: what every TLS connection of a server shares: certificate, key, versions and ciphers.
#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "base/result.h"

namespace vidimus::net {

struct FreeTlsContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

// `certificate_pem`: leaf first, then the authorities to send along. `private_key_pem`: unencrypted. TLS 1.2 with ECDHE and an AEAD, or
// TLS 1.3; no resumption, so that no long-lived ticket key weakens forward secrecy. Error: net.tls.certificate
Result<TlsContext> MakeServerTlsContext(const std::string& certificate_pem, const std::string& private_key_pem);

// The oldest error in this thread's OpenSSL queue as text, the queue emptied.
std::string TakeTlsError();

}  // namespace vidimus::net
