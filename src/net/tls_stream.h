// TlsStream: the server's end of one TLS connection over a non-blocking socket, without buffers of its own.
//
// Every operation does what it can at once and says what to wait for otherwise; waiting is the caller's. That is what keeps an idle
// connection small: asio::ssl::stream holds two BIO pairs and two 17 KiB vectors for each.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include <openssl/ssl.h>

#include "net/tls_context.h"

namespace vidimus::net {

enum class TlsOutcome {
  kDone,
  kWantRead,   // again when the socket is readable
  kWantWrite,  // again when the socket is writable
  kClosed,     // the peer has said that nothing follows
  kFailed,     // the connection is unusable: broken, or cut without a word
};

struct TlsTransfer {
  TlsOutcome outcome;
  size_t octets = 0;  // when kDone
};

class TlsStream {
 public:
  // `socket` is non-blocking and outlives the stream.
  TlsStream(std::shared_ptr<const TlsIdentities> identities, int socket);
  TlsStream(const TlsStream&) = delete;  // OpenSSL knows its address
  TlsStream& operator=(const TlsStream&) = delete;

  TlsOutcome Handshake();
  // At least one octet when kDone. kFailed once the peer has sent more than limits::kTlsControlRecords without data.
  TlsTransfer Read(std::span<char> into);
  // Some of `from`, which is not empty; the rest is for another call.
  TlsTransfer Write(std::string_view from);
  // Says that nothing follows, as far as the socket takes it at once.
  void SendCloseNotify();
  // Octets have been taken from the socket and not yet been read: waiting for the socket would miss them.
  bool HasPending() const { return SSL_has_pending(ssl_.get()) == 1; }

 private:
  TlsOutcome Judge(int returned);
  static void CountRecord(int sent, int version, int what, const void* data, size_t size, SSL* ssl, void* stream);

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  std::shared_ptr<const TlsIdentities> identities_;  // until the handshake has chosen one
  std::unique_ptr<SSL, Free> ssl_;
  bool failed_ = false;
  bool established_ = false;
  size_t control_records_ = 0;  // received since
};

}  // namespace vidimus::net
