#include "base/result.h"

namespace vidimus {

std::string Shortened(std::string text, size_t limit) {
  if (text.size() <= limit) return text;
  size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text + "…";
}

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
