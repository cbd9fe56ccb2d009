#include "codec/pem.h"

#include <algorithm>

#include "base/base64url.h"

namespace vidimus {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kEnd = "-----END ";
constexpr std::string_view kDashes = "-----";

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

void SkipSpace(std::string_view& text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
}

// Without a branch for each character.
std::string WithoutSpace(std::string_view text) {
  std::string out(text.size(), '\0');
  char* to = out.data();
  for (const char c : text) {
    *to = c;
    to += IsSpace(c) ? 0 : 1;
  }
  out.resize(static_cast<size_t>(to - out.data()));
  return out;
}

Result<PemBlock> ReadBlock(std::string_view& text) {
  const auto malformed = [](std::string detail) { return Fail(ErrorCode::kMalformed, "pem.format", std::move(detail)); };
  if (!text.starts_with(kBegin)) return malformed("expected \"-----BEGIN \"");
  const size_t label_end = text.find(kDashes, kBegin.size());
  if (label_end == std::string_view::npos) return malformed("the BEGIN line does not end");
  PemBlock block{std::string(text.substr(kBegin.size(), label_end - kBegin.size())), {}};
  text.remove_prefix(label_end + kDashes.size());
  const size_t body_end = text.find(kEnd);
  if (body_end == std::string_view::npos) return malformed("no END line");
  std::string body = WithoutSpace(text.substr(0, body_end));
  text.remove_prefix(body_end);
  const std::string closing = std::string(kEnd) + block.label + std::string(kDashes);
  if (!text.starts_with(closing)) return malformed("the END line does not name \"" + block.label + "\"");
  text.remove_prefix(closing.size());
  // Standard base64 only: the URL alphabet is no PEM (RFC 7468 section 3).
  const bool url = body.find('-') != std::string::npos || body.find('_') != std::string::npos;
  auto der = Base64DecodeLenient(body);
  if (body.empty() || body.size() % 4 != 0 || url || !der) return malformed("the body is not padded base64");
  block.der = *std::move(der);
  return block;
}

}  // namespace

Result<std::vector<PemBlock>> ParsePem(std::string_view text, size_t max_blocks) {
  std::vector<PemBlock> out;
  for (SkipSpace(text); !text.empty(); SkipSpace(text)) {
    if (out.size() == max_blocks) return Fail(ErrorCode::kLimit, "pem.blocks", "more than " + std::to_string(max_blocks) + " blocks");
    VIDIMUS_TRY(PemBlock block, ReadBlock(text));
    out.push_back(std::move(block));
  }
  if (out.empty()) return Fail(ErrorCode::kMalformed, "pem.format", "no PEM block");
  return out;
}

std::string WritePem(std::string_view label, Bytes der) {
  const std::string body = Base64Encode(der);
  std::string out = std::string(kBegin) + std::string(label) + "-----\n";
  out.reserve(2 * out.size() + body.size() + body.size() / 64 + 2);
  for (size_t at = 0; at < body.size(); at += 64) out.append(body, at, 64) += '\n';
  return out + std::string(kEnd) + std::string(label) + "-----\n";
}

}  // namespace vidimus
