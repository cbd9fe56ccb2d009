// HttpClient: a Fetcher over https, by libcurl. Never follows a redirect; checks the server's name and certificate always.
#pragma once

#include <memory>
#include <string>

#include "base/fetcher.h"

namespace vidimus {

class HttpClient : public Fetcher {
 public:
  // `ca_file`: PEM file of the authorities to trust instead of the system's; empty for the system's.
  explicit HttpClient(std::string ca_file = {});
  ~HttpClient() override;
  // Any thread; each call that runs at a time has a connection of its own, which later calls reuse. TLS 1.2 and up. Proxies are taken from
  // the environment as curl does. Errors: net.fetch.url, net.fetch.connect, net.fetch.tls, net.fetch.timeout, net.fetch.too_large,
  // net.fetch.protocol
  Result<FetchResponse> Fetch(const FetchRequest& request) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vidimus
