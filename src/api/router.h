// Router: which use case a request is for. Paths match without regard to case and to one trailing slash (client-compatibility
// section 1 item 4); every answer carries x-ms-request-id.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "api/request_counts.h"
#include "net/http_server.h"

namespace vidimus {

struct ApiRequest {
  HttpRequest http;
  std::string request_id;
  std::map<std::string, std::string, std::less<>> parameters;  // what stands for the {segments} of the route's path, as sent, decoded

  // The first query parameter of that name (without regard to case), decoded; empty when absent.
  std::string Query(std::string_view name) const;
};

using ApiHandler = std::function<void(const ApiRequest&, const HttpReply&)>;

class Router {
 public:
  // `path` in the spelling that documents use; a segment {name} stands for any one that is not empty. HEAD is served where GET is.
  void Add(std::string method, std::string path, ApiHandler handler);

  // Answers 404 request.path and 405 request.method itself; logs every request. Copyable into an HttpServer as its handler.
  void Handle(HttpRequest request, const HttpReply& reply) const;

  // "GET /certs" and so on, in the order in which they were added.
  std::vector<std::string> Describe() const;

  // The answer to what the server itself refused, for HttpErrorAnswer.
  static HttpResponse TransportError(int status, const Error& error);
  // Such an answer was given for a request to this router.
  void CountTransportError(int status) const { unmatched_->CountStatus(status); }

  // What was answered since the start. The last is of requests that fit no route, with empty names.
  struct RouteCounts {
    std::string_view method, path;
    const RequestCounts* counts;
  };
  std::vector<RouteCounts> Counts() const;

 private:
  struct Route {
    std::string method, path, lower_path;
    bool has_parameters;
    ApiHandler handler;
    std::shared_ptr<RequestCounts> counts;
  };
  static bool Fits(const Route& route, std::string_view path, std::string_view lower, ApiRequest& request);

  std::vector<Route> routes_;
  std::shared_ptr<RequestCounts> unmatched_ = std::make_shared<RequestCounts>();
};

}  // namespace vidimus
