#include "net/tls_context.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace vidimus::net {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

tl::unexpected<Error> Refused(const std::string& what) {
  return Fail(ErrorCode::kUsage, "net.tls.certificate", what + " (" + TakeTlsError() + ")");
}

Owned<BIO> Reader(const std::string& text) { return Owned<BIO>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// OpenSSL would ask for the password of an encrypted key on the terminal.
int NoPassword(char*, int, int, void*) { return -1; }

Status UseCertificates(SSL_CTX* context, const std::string& pem) {
  const Owned<BIO> reader = Reader(pem);
  const Owned<X509> leaf(PEM_read_bio_X509(reader.get(), nullptr, NoPassword, nullptr));
  if (!leaf) return Refused("found no certificate in the PEM text, expected the server's own first");
  if (SSL_CTX_use_certificate(context, leaf.get()) != 1) return Refused("the server's certificate cannot be used");
  while (Owned<X509> next{PEM_read_bio_X509(reader.get(), nullptr, NoPassword, nullptr)}) {
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) return Refused("a certificate after the first cannot be used");
    static_cast<void>(next.release());  // the context owns it now
  }
  // Reading ends with "no start line" at the end of the text; anything else is a damaged block.
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) return Refused("a certificate after the first is damaged");
  ERR_clear_error();
  return {};
}

Status UseKey(SSL_CTX* context, const std::string& pem) {
  const Owned<BIO> reader = Reader(pem);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(reader.get(), nullptr, NoPassword, nullptr));
  if (!key) return Refused("found no private key that can be read, expected an unencrypted PEM block");
  if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
    return Refused("the private key does not belong to the certificate");
  }
  return {};
}

// RFC 7301: of what the client offers we speak http/1.1 only; a client that offers nothing of ours goes on without ALPN.
int SelectProtocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* offered, unsigned int size, void*) {
  static constexpr std::string_view kOurs = "\x08http/1.1";
  unsigned char* selected = nullptr;
  const auto* ours = reinterpret_cast<const unsigned char*>(kOurs.data());
  if (SSL_select_next_proto(&selected, out_size, ours, kOurs.size(), offered, size) != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_NOACK;
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

Result<TlsContext> MakeContext(const TlsIdentity& identity) {
  ERR_clear_error();
  TlsContext context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_cipher_list(context.get(), "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 || SSL_CTX_set_num_tickets(context.get(), 0) != 1) {
    return Refused("OpenSSL refuses the server's TLS versions or ciphers");
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // Idle connections hold no buffers; a write may be resumed from another address.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);  // one system call a record, not two
  SSL_CTX_set_alpn_select_cb(context.get(), SelectProtocol, nullptr);
  VIDIMUS_CHECK_OK(UseCertificates(context.get(), identity.certificate_pem));
  VIDIMUS_CHECK_OK(UseKey(context.get(), identity.private_key_pem));
  return context;
}

}  // namespace

std::string TakeTlsError() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no reason given";
  std::string text(256, '\0');
  ERR_error_string_n(code, text.data(), text.size());
  text.resize(text.find('\0'));
  return text;
}

TlsIdentities::TlsIdentities(std::vector<TlsContext> contexts) : contexts_(std::move(contexts)) {
  SSL_CTX_set_tlsext_servername_callback(first(), Select);
  SSL_CTX_set_tlsext_servername_arg(first(), this);
}

int TlsIdentities::Select(SSL* ssl, int*, void* identities) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
  const auto& contexts = static_cast<const TlsIdentities*>(identities)->contexts_;
  const auto named = std::find_if(contexts.begin(), contexts.end(), [&](const TlsContext& context) {
    return X509_check_host(SSL_CTX_get0_certificate(context.get()), name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
  });
  ERR_clear_error();                                         // X509_check_host may leave some
  if (named == contexts.end()) return SSL_TLSEXT_ERR_NOACK;  // and go on: the client judges the certificate
  return SSL_set_SSL_CTX(ssl, named->get()) != nullptr ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Result<std::shared_ptr<const TlsIdentities>> MakeTlsIdentities(const std::vector<TlsIdentity>& identities) {
  if (identities.empty()) return Fail(ErrorCode::kUsage, "net.tls.certificate", "found no certificate, expected at least one");
  std::vector<TlsContext> contexts;
  for (const TlsIdentity& identity : identities) {
    auto context = MakeContext(identity);
    if (!context) {
      Error error = std::move(context).error();
      if (identities.size() > 1) error.detail = "identity " + std::to_string(contexts.size() + 1) + ": " + error.detail;
      return tl::unexpected(std::move(error));
    }
    contexts.push_back(*std::move(context));
  }
  return std::make_shared<const TlsIdentities>(std::move(contexts));
}

}  // namespace vidimus::net
