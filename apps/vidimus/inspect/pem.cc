#include <algorithm>
#include <vector>

#include "base/base64url.h"
#include "base/limits.h"
#include "inspect/x509.h"

namespace vidimus::inspect {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kDashes = "-----";

struct Block {
  size_t offset, size;  // within the text
  std::string_view label, body;
  bool ended;
};

// Like the strict reader, but with offsets, and it takes what is left of a truncated block.
std::vector<Block> FindBlocks(std::string_view text, Inspection& out) {
  std::vector<Block> blocks;
  for (size_t at = text.find(kBegin); at != std::string_view::npos;) {
    if (blocks.size() == limits::kInspectPemBlocks) {
      out.Note("only the first " + std::to_string(limits::kInspectPemBlocks) + " PEM blocks are listed");
      break;
    }
    const size_t label = at + kBegin.size();
    const size_t label_end = text.find(kDashes, label);
    if (label_end == std::string_view::npos) break;
    const size_t body = label_end + kDashes.size();
    const size_t stop = text.find(kDashes, body);
    const bool ended = stop != std::string_view::npos && text.substr(stop).starts_with(kEnd);
    const size_t last = ended ? text.find(kDashes, stop + kEnd.size()) : std::string_view::npos;
    const size_t end = last == std::string_view::npos ? std::min(stop, text.size()) : last + kDashes.size();
    blocks.push_back({at, end - at, text.substr(label, label_end - label),
                      text.substr(body, stop == std::string_view::npos ? stop : stop - body), ended});
    at = text.find(kBegin, end);
  }
  return blocks;
}

ByteVector DecodeBody(std::string_view body) {
  std::string base64(body);
  std::erase_if(base64, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
  // What decodes of a broken body is its part before the first character that is no base64, in whole groups.
  const size_t end = base64.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
  base64.resize(std::min(base64.size(), end));
  base64.resize(base64.size() / 4 * 4);
  return Base64DecodeLenient(base64).value_or(ByteVector());
}

bool IsSecret(std::string_view label) { return label.find("PRIVATE KEY") != std::string_view::npos; }

}  // namespace

std::string DescribePem(std::string_view text, size_t base, Inspection& out) {
  const std::vector<Block> blocks = FindBlocks(text, out);
  std::vector<std::string> kinds;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    const std::string name = "pem[" + std::to_string(i) + "]";
    const ByteVector der = IsSecret(block.label) ? ByteVector() : DecodeBody(block.body);
    const std::string_view der_kind = DerKind(der);
    const std::string kind = IsSecret(block.label) ? "private key"
                             : !der_kind.empty()   ? std::string(der_kind)
                                                   : "PEM of " + Printable(block.label);
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) kinds.push_back(kind);
    if (IsSecret(block.label)) {
      out.Add(base + block.offset, block.size, name, std::string(block.label) + " (not shown)", "a private key: keep it secret");
    } else {
      out.Add(base + block.offset, block.size, name, std::string(block.label) + ", " + std::to_string(der.size()) + " bytes",
              "PEM block; offsets of " + name + ".* count within its content");
      if (!der_kind.empty()) DescribeDer(der, name + ".", out);
    }
    if (!block.ended) out.Note("truncated: " + name + " has no END line; the text ends " + AtOffset(base + text.size()));
  }
  std::string joined;
  for (const std::string& kind : kinds) joined += (joined.empty() ? "" : " and ") + kind;
  return joined;
}

}  // namespace vidimus::inspect
