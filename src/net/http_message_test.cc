// The request parser and the response writer, without a connection.
#include "net/http_message.h"

#include <string>

#include <gtest/gtest.h>

namespace vidimus::net {
namespace {

const std::string kHead = "POST /attest?api-version=1 HTTP/1.1\r\nHost: example.org\r\nX-Id: 7\r\n";
const std::string kSized = kHead + "Content-Length: 11\r\n\r\nhello world";
const std::string kChunked = kHead + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=\"y\"\r\n world\r\n0\r\nTrailer: 1\r\n\r\n";

// Feeds `octets` in pieces that end at `cut` and at the end, as a connection does.
tl::expected<bool, Refusal> Feed(RequestParser& parser, const std::string& octets, size_t cut) {
  std::string pending;
  for (const std::string& piece : {octets.substr(0, cut), octets.substr(cut)}) {
    pending += piece;
    if (pending.empty()) continue;
    const auto taken = parser.Feed(pending);
    if (!taken) return tl::unexpected(taken.error());
    pending.erase(0, *taken);
  }
  return parser.done() && pending.empty();
}

TEST(RequestParser, ReadsTheSameHoweverTheOctetsAreCut) {
  for (const std::string& octets : {kSized, kChunked}) {
    for (size_t cut = 0; cut <= octets.size(); ++cut) {
      RequestParser parser;
      const auto done = Feed(parser, octets, cut);
      ASSERT_TRUE(done && *done) << "cut at " << cut;
      EXPECT_TRUE(parser.keep_alive());
      const HttpRequest request = parser.Take();
      EXPECT_EQ(request.method, "POST");
      EXPECT_EQ(request.target, "/attest?api-version=1");
      EXPECT_EQ(request.body, "hello world");
      EXPECT_EQ(request.Header("x-id"), "7");
      EXPECT_EQ(request.headers.size(), 3U);
    }
  }
}

TEST(RequestParser, AcceptsNoPrefix) {
  for (const std::string& octets : {kSized, kChunked}) {
    for (size_t size = 1; size < octets.size(); ++size) {
      RequestParser parser;
      const auto done = Feed(parser, octets.substr(0, size), size);
      ASSERT_TRUE(done) << done.error().error.detail;
      EXPECT_FALSE(parser.done()) << size;
    }
  }
}

TEST(RequestParser, RefusesASecondAuthorization) {
  // RFC 9110 section 5.3: a field that is no list comes once, or two readers could each believe another one.
  RequestParser one, two;
  EXPECT_TRUE(one.Feed("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\n\r\n"));
  const auto refused = two.Feed("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nauthorization: Bearer b\r\n\r\n");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error.where, "net.http.malformed");
}

TEST(RequestParser, TakesNothingOfTheNextRequest) {
  RequestParser parser;
  const auto taken = parser.Feed(kChunked + kSized);
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, kChunked.size());
  EXPECT_TRUE(parser.done());
}

TEST(RequestParser, SurvivesAnyOctetChanged) {
  for (const std::string& octets : {kSized, kChunked}) {
    for (size_t i = 0; i < octets.size(); ++i) {
      for (const char c : {'\0', '\r', '\n', ' ', ':', '9', '\xff'}) {
        std::string changed = octets;
        changed[i] = c;
        RequestParser parser;
        if (const auto done = Feed(parser, changed, i); !done) {
          EXPECT_TRUE(done.error().status == 400 || done.error().status == 413) << done.error().error.detail;
        }
      }
    }
  }
}

// RFC 9112 7.1: an unbounded size line or trailer must not fill memory.
TEST(RequestParser, LimitsChunkSizeLinesAndTrailers) {
  const std::string head = kHead + "Transfer-Encoding: chunked\r\n\r\n";
  for (const std::string start : {"5;x=", "0\r\nTrailer: "}) {
    for (const size_t more : {size_t{0}, size_t{1}}) {
      RequestParser parser;
      const auto taken = parser.Feed(head + start + std::string(limits::kRequestHeaderBytes - start.size() + more, 'x'));
      EXPECT_EQ(taken.has_value(), more == 0);
      if (!taken) {
        EXPECT_EQ(taken.error().error.where, "net.http.malformed");
      }
    }
  }
}

TEST(SerializeResponse, WritesItsOwnFraming) {
  const HttpResponse response{
      200, {{"X-Id", "7"}, {"content-length", "99"}, {"Transfer-Encoding", "chunked"}, {"Connection", "x"}}, "body"};
  const auto text = SerializeResponse(response, {true, false, false}, "now");
  ASSERT_TRUE(text);
  EXPECT_EQ(*text, "HTTP/1.1 200 OK\r\nDate: now\r\nX-Id: 7\r\nContent-Length: 4\r\n\r\nbody");
}

TEST(SerializeResponse, RefusesWhatHttpCannotCarry) {
  const auto expect_refused = [](const HttpResponse& response) {
    const auto text = SerializeResponse(response, {true, false, false}, "now");
    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().where, "net.http.handler");
  };
  expect_refused({100, {}, ""});
  expect_refused({600, {}, ""});
  expect_refused({200, {{"", "x"}}, ""});
  expect_refused({200, {{"a b", "x"}}, ""});
  expect_refused({200, {{"a", "x\ny"}}, ""});
}

}  // namespace
}  // namespace vidimus::net
