#include "inspect/recognise.h"

#include <algorithm>
#include <string>

#include "base/base64url.h"
#include "base/hex.h"
#include "base/limits.h"
#include "codec/json.h"
#include "inspect/json.h"
#include "inspect/sgx.h"
#include "inspect/token.h"
#include "inspect/x509.h"

namespace vidimus::inspect {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

bool RecogniseAt(Bytes content, size_t wraps, Inspection& out);

bool RecogniseBinary(Bytes content, Inspection& out) {
  if (LooksLikeQuote(content)) return DescribeQuote(content, out), true;
  if (LooksLikeOpenEnclave(content)) return DescribeOpenEnclave(content, out), true;
  if (LooksLikeReportBody(content)) return DescribeReportBody(content, out), true;
  const std::string_view kind = DerKind(content);
  if (kind.empty()) return false;
  out.kind = kind;
  DescribeDer(content, "", out);
  return true;
}

// Printable text, UTF-8 included; NUL bytes may follow it.
bool IsText(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x20 ? byte != 0x7f : c == '\t' || c == '\r' || c == '\n';
  });
}

// What `text` decodes to, when all of it is hexadecimal or base64; `how` names it.
ByteVector Unwrapped(std::string_view text, std::string_view& how) {
  std::string plain(text);
  std::erase_if(plain, [](char c) { return kSpace.find(c) != std::string_view::npos; });
  how = "hexadecimal text";
  if (auto bytes = HexDecode(plain.starts_with("0x") ? std::string_view(plain).substr(2) : std::string_view(plain)))
    return *std::move(bytes);
  how = "base64";
  if (auto bytes = Base64DecodeLenient(plain)) return *std::move(bytes);
  return {};
}

bool RecogniseWrapped(std::string_view text, size_t offset, size_t wraps, Inspection& out) {
  std::string_view how;
  const ByteVector inner = Unwrapped(text, how);
  if (inner.empty() || !RecogniseAt(inner, wraps + 1, out)) return false;
  out.kind += " in " + std::string(how);
  out.Note("the " + std::string(how) + " " + AtOffset(offset) + " holds " + std::to_string(inner.size()) +
           " bytes; offsets count within these");
  return true;
}

bool RecogniseJson(std::string_view text, size_t offset, size_t wraps, Inspection& out) {
  const auto parsed = ParseJson(text);
  if (text[0] == '"') {
    // A JSON string around a token: how a service takes policies.
    const std::string* inner = parsed ? parsed->AsString() : nullptr;
    if (inner == nullptr || !RecogniseAt(AsBytes(*inner), wraps + 1, out)) return false;
    out.kind += " in a JSON string";
    out.Note("offsets count within the JSON string " + AtOffset(offset));
    return true;
  }
  const Json* token = parsed ? parsed->Find("token") : nullptr;
  if (token != nullptr && token->AsString() != nullptr && LooksLikeJws(*token->AsString())) {
    // Where the token's escapes, if any, would move its parts, its offsets count from its start.
    const size_t at = text.find(*token->AsString());
    if (at == std::string_view::npos) out.Note("the token is written with escapes; offsets count within it");
    DescribeJws(*token->AsString(), at == std::string_view::npos ? 0 : offset + at, out);
    out.kind += " in a response body";
    return true;
  }
  // A bracket begins much that is not JSON; a quoted name, or a document that parses, is what decides.
  const size_t next = text.find_first_not_of(kSpace, 1);
  if (!parsed && (next == std::string_view::npos || (text[next] != '"' && text[next] != '{'))) return false;
  out.kind = JsonKind(text);
  DescribeJson(text, offset, "", out);
  return true;
}

bool RecogniseText(std::string_view text, size_t offset, size_t wraps, Inspection& out) {
  if (text.find("-----BEGIN ") != std::string_view::npos && text[0] != '{' && text[0] != '"') {
    out.kind = DescribePem(text, offset, out);
    return !out.kind.empty();
  }
  if (text[0] == '{' || text[0] == '[' || text[0] == '"') return RecogniseJson(text, offset, wraps, out);
  if (LooksLikePolicy(text)) return DescribePolicy(text, offset, "", out), true;
  if (LooksLikeJws(text)) return DescribeJws(text, offset, out), true;
  return RecogniseWrapped(text, offset, wraps, out);
}

bool RecogniseAt(Bytes content, size_t wraps, Inspection& out) {
  if (wraps > limits::kInspectWraps) return false;
  if (RecogniseBinary(content, out)) return true;
  std::string_view text = AsText(content);
  while (text.ends_with('\0')) text.remove_suffix(1);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // a byte order mark
  if (!IsText(text)) return false;
  const size_t start = text.find_first_not_of(kSpace);
  if (start == std::string_view::npos) return false;
  text = text.substr(start, text.find_last_not_of(kSpace) + 1 - start);
  return RecogniseText(text, static_cast<size_t>(text.data() - AsText(content).data()), wraps, out);
}

}  // namespace

std::string_view RecognisedKinds() {
  return "SGX and TDX quotes, Open Enclave reports and evidence, SGX report bodies, attestation tokens and other JWS, policies, Intel's "
         "TCB info "
         "and enclave identities, other JSON, X.509 certificates, revocation lists and keys (DER or PEM), and base64 or hexadecimal text "
         "of these";
}

bool Recognise(Bytes content, Inspection& out) {
  out.size = content.size();
  return RecogniseAt(content, 0, out);
}

}  // namespace vidimus::inspect
