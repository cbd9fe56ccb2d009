// Result<T>: how every fallible operation in Vidimus reports failure.
//
// An Error says three things: `code`, which callers act on; `where`, a literal dotted path that tests, logs and API
// bodies share and that docs/reference/errors.md lists; `detail`, a sentence for a person with what was found and
// what was expected. A detail never holds a secret.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "base/limits.h"

namespace vidimus {

enum class ErrorCode {
  kMalformed,     // the bytes are not what they claim to be
  kUnsupported,   // well formed, but a kind this build does not judge
  kLimit,         // larger, deeper or more numerous than a named limit
  kUntrusted,     // a signature, a chain or a binding does not hold
  kRevoked,       // the vendor has withdrawn it
  kExpired,       // its validity has ended, or has not begun
  kMismatch,      // genuine parts that do not belong together
  kMissing,       // something needed for the judgement is not held
  kUnacceptable,  // genuine, but the settings refuse it
  kDenied,        // genuine, but the policy refuses it
  kUsage,         // the caller asked for something impossible
  kIo,            // a file or the operating system failed
  kBusy,          // it could be done, but not now
};

// The stable lower-case name of `code`, e.g. "untrusted".
std::string_view ErrorCodeName(ErrorCode code);

struct Error {
  ErrorCode code;
  std::string_view where;  // always a literal
  std::string detail;
};

template <typename T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

// Keeps the first `limit` octets or a little less, so that UTF-8 stays whole, and says that it did.
std::string Shortened(std::string text, size_t limit);

// `detail` is kept to limits::kErrorDetailBytes: it may quote what a client sent.
[[nodiscard]] inline tl::unexpected<Error> Fail(ErrorCode code, std::string_view where, std::string detail) {
  if (detail.size() > limits::kErrorDetailBytes) detail = Shortened(std::move(detail), limits::kErrorDetailBytes);
  return tl::unexpected<Error>(Error{code, where, std::move(detail)});
}

}  // namespace vidimus

// VIDIMUS_TRY(auto x, Call()); binds x to the value of Call(), or returns its error from the enclosing function.
#define VIDIMUS_TRY(lhs, expr) VIDIMUS_TRY_IMPL_(lhs, expr, VIDIMUS_CONCAT_(vidimus_try_, __LINE__))
#define VIDIMUS_TRY_IMPL_(lhs, expr, tmp)                  \
  auto tmp = (expr);                                       \
  if (!tmp) return tl::unexpected(std::move(tmp).error()); \
  lhs = *std::move(tmp)
// VIDIMUS_CHECK_OK(Call()); returns the error of Call(), if any.
#define VIDIMUS_CHECK_OK(expr)                                                                                   \
  do {                                                                                                           \
    if (auto vidimus_status = (expr); !vidimus_status) return tl::unexpected(std::move(vidimus_status).error()); \
  } while (false)
#define VIDIMUS_CONCAT_(a, b) VIDIMUS_CONCAT_IMPL_(a, b)
#define VIDIMUS_CONCAT_IMPL_(a, b) a##b
