// Router: which use case a request is for. Paths match without regard to case and to one trailing slash (client-compatibility
// section 1 item 4); every answer carries x-ms-request-id.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "net/http_server.h"

namespace vidimus {

struct ApiRequest {
  HttpRequest http;
  std::string request_id;
};

using ApiHandler = std::function<void(const ApiRequest&, const HttpReply&)>;

class Router {
 public:
  // `path` in the spelling that documents use. HEAD is served where GET is.
  void Add(std::string method, std::string path, ApiHandler handler);

  // Answers 404 request.path and 405 request.method itself; logs every request. Copyable into an HttpServer as its handler.
  void Handle(HttpRequest request, const HttpReply& reply) const;

  // The answer to what the server itself refused, for HttpErrorAnswer.
  static HttpResponse TransportError(int status, const Error& error);

 private:
  struct Route {
    std::string method, path, lower_path;
    ApiHandler handler;
  };
  std::vector<Route> routes_;
};

}  // namespace vidimus
