// A TLS client that sends exactly the octets a test wants, and reads what comes back.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace vidimus::testing {

// A connection to 127.0.0.1. Everything blocks, for at most ten seconds.
class TcpClient {
 public:
  explicit TcpClient(uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  TcpClient(const TcpClient&) = delete;
  TcpClient& operator=(const TcpClient&) = delete;
  ~TcpClient() { close(socket_); }
  int socket_fd() const { return socket_; }
  bool connected() const { return connected_; }

 private:
  int socket_;
  bool connected_ = false;
};

struct RawResponse {
  int status = 0;  // 0: the connection ended, or nothing sensible came
  std::string head;
  std::string body;
};

class TlsClient {
 public:
  // `name`: the host that it says it wants (SNI), if any.
  explicit TlsClient(uint16_t port, int max_version = 0, const char* name = nullptr)
      : tcp_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    if (max_version != 0) SSL_CTX_set_security_level(context_.get(), 0);  // else OpenSSL does not even offer old versions
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), tcp_.socket_fd());
    if (name != nullptr) SSL_set_tlsext_host_name(ssl_.get(), name);
    connected_ = SSL_connect(ssl_.get()) == 1;
  }

  bool connected() const { return connected_; }
  int socket_fd() const { return tcp_.socket_fd(); }
  // The common name in the server's certificate.
  std::string server_name() const {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl_.get()), &X509_free);
    char name[256] = "";
    if (certificate) X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof name);
    return name;
  }
  std::string version() const { return SSL_get_version(ssl_.get()); }

  // False when the connection breaks before all is sent.
  bool Send(std::string_view octets) {
    size_t written = 0;
    return octets.empty() || (SSL_write_ex(ssl_.get(), octets.data(), octets.size(), &written) == 1 && written == octets.size());
  }

  // TLS 1.3: changes the key of what this client sends. False when the connection breaks.
  bool UpdateKey() { return SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1 && SSL_do_handshake(ssl_.get()) == 1; }

  // The records that `action` makes this client send, which are not sent.
  template <typename Action>
  std::string Capture(Action action) {
    SSL_set0_wbio(ssl_.get(), BIO_new(BIO_s_mem()));
    action();
    char* data = nullptr;
    const long octets = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &data);
    std::string records(data, static_cast<size_t>(octets));
    BIO_up_ref(SSL_get_rbio(ssl_.get()));
    SSL_set0_wbio(ssl_.get(), SSL_get_rbio(ssl_.get()));
    return records;
  }

  // One response with Content-Length; `head`: of a HEAD request.
  RawResponse Read(bool head = false) {
    RawResponse response;
    size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill()) return response;
    }
    response.head = buffer_.substr(0, end + 4);
    buffer_.erase(0, end + 4);
    if (response.head.size() < 12) return response;
    response.status = (response.head[9] - '0') * 100 + (response.head[10] - '0') * 10 + (response.head[11] - '0');
    size_t length = 0;
    if (const size_t at = response.head.find("Content-Length: "); at != std::string::npos) {
      for (size_t i = at + 16; response.head[i] != '\r'; ++i) length = length * 10 + static_cast<size_t>(response.head[i] - '0');
    }
    if (head) return response;
    while (buffer_.size() < length) {
      if (!Fill()) break;
    }
    response.body = buffer_.substr(0, length);
    buffer_.erase(0, length);
    return response;
  }

  // The server has said that nothing follows, and nothing did.
  bool AtCleanEnd() { return buffer_.empty() && !Fill() && clean_end_; }

 private:
  bool Fill() {
    char data[16384];
    size_t octets = 0;
    const int returned = SSL_read_ex(ssl_.get(), data, sizeof data, &octets);
    if (returned != 1) {
      clean_end_ = SSL_get_error(ssl_.get(), returned) == SSL_ERROR_ZERO_RETURN;
      return false;
    }
    buffer_.append(data, octets);
    return true;
  }

  struct Free {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  TcpClient tcp_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool connected_ = false;
  bool clean_end_ = false;
  std::string buffer_;
};

}  // namespace vidimus::testing
