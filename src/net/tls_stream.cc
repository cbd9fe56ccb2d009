#include "net/tls_stream.h"

#include <new>

#include <openssl/err.h>

namespace vidimus::net {

TlsStream::TlsStream(SSL_CTX* context, int socket) : ssl_(SSL_new(context)) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket) != 1) throw std::bad_alloc();
  SSL_set_accept_state(ssl_.get());
}

TlsOutcome TlsStream::Handshake() {
  ERR_clear_error();
  return Judge(SSL_do_handshake(ssl_.get()));
}

TlsTransfer TlsStream::Read(std::span<char> into) {
  ERR_clear_error();
  size_t octets = 0;
  const int returned = SSL_read_ex(ssl_.get(), into.data(), into.size(), &octets);
  return {Judge(returned), octets};
}

TlsTransfer TlsStream::Write(std::string_view from) {
  ERR_clear_error();
  size_t octets = 0;
  const int returned = SSL_write_ex(ssl_.get(), from.data(), from.size(), &octets);
  return {Judge(returned), octets};
}

void TlsStream::SendCloseNotify() {
  if (failed_) return;  // SSL_shutdown must not follow a fatal error
  ERR_clear_error();
  if (SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();
}

TlsOutcome TlsStream::Judge(int returned) {
  if (returned == 1) return TlsOutcome::kDone;
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ: return TlsOutcome::kWantRead;
    case SSL_ERROR_WANT_WRITE: return TlsOutcome::kWantWrite;
    case SSL_ERROR_ZERO_RETURN: return TlsOutcome::kClosed;
    default: failed_ = true; return TlsOutcome::kFailed;
  }
}

}  // namespace vidimus::net
