#include "base/result.h"

namespace vidimus {

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed: return "malformed";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kLimit: return "limit";
    case ErrorCode::kUntrusted: return "untrusted";
    case ErrorCode::kRevoked: return "revoked";
    case ErrorCode::kExpired: return "expired";
    case ErrorCode::kMismatch: return "mismatch";
    case ErrorCode::kMissing: return "missing";
    case ErrorCode::kUnacceptable: return "unacceptable";
    case ErrorCode::kDenied: return "denied";
    case ErrorCode::kUsage: return "usage";
    case ErrorCode::kIo: return "io";
    case ErrorCode::kBusy: return "busy";
  }
  return "unknown";
}

}  // namespace vidimus
