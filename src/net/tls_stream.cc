#include "net/tls_stream.h"

#include <new>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "base/limits.h"

namespace vidimus::net {
namespace {

// Makes reading fail, for good, and leaves everything else as it is.
long RefuseToRead(BIO* bio, int operation, const char*, size_t, int, long, int result, size_t*) {
  if (operation != BIO_CB_READ) return result;
  BIO_clear_retry_flags(bio);
  return -1;
}

}  // namespace

TlsStream::TlsStream(std::shared_ptr<const TlsIdentities> identities, int socket)
    : identities_(std::move(identities)), ssl_(SSL_new(identities_->first())) {
  if (!ssl_ || SSL_set_fd(ssl_.get(), socket) != 1) throw std::bad_alloc();
  SSL_set_accept_state(ssl_.get());
  SSL_set_msg_callback(ssl_.get(), CountRecord);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

TlsOutcome TlsStream::Handshake() {
  ERR_clear_error();
  const TlsOutcome outcome = Judge(SSL_do_handshake(ssl_.get()));
  established_ = outcome == TlsOutcome::kDone;
  if (established_) identities_.reset();
  return outcome;
}

// One SSL_read_ex takes records until one has data for us, as many as there are: a client that sends only others would keep the thread
// in that one call. Messages are not what to count: OpenSSL shows no message of a renegotiation that it declines. In TLS 1.3 every record
// claims to carry data until it is decrypted. Shutting the socket down would not end the call, for what the kernel has already received
// can still be read.
void TlsStream::CountRecord(int sent, int, int what, const void* data, size_t size, SSL* ssl, void* stream) {
  auto& self = *static_cast<TlsStream*>(stream);
  if (sent != 0 || size == 0 || !self.established_) return;
  if (what != SSL3_RT_HEADER && what != SSL3_RT_INNER_CONTENT_TYPE) return;
  if (*static_cast<const unsigned char*>(data) == SSL3_RT_APPLICATION_DATA) return;
  if (++self.control_records_ > limits::kTlsControlRecords) BIO_set_callback_ex(SSL_get_rbio(ssl), RefuseToRead);
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
