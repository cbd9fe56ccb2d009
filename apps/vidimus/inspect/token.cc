#include "inspect/token.h"

#include <algorithm>

#include "base/base64url.h"
#include "base/hex.h"
#include "codec/json.h"
#include "crypto/digest.h"
#include "inspect/json.h"
#include "policy/compile.h"

namespace vidimus::inspect {
namespace {

Result<ByteVector> DecodedPart(std::string_view part) { return Base64UrlDecodeStrict(part); }

// The payload's kind decides what the token is.
std::string KindOfPayload(const Result<Json>& payload, bool empty) {
  if (empty) return "JWS with an empty payload (a request to reset a policy has this shape)";
  if (!payload) return "JWS";
  if (payload->Find("AttestationPolicy") != nullptr) return "policy JWS";
  if (payload->Find("policyCertificate") != nullptr) return "policy certificate JWS";
  if (payload->Find("x-ms-attestation-type") != nullptr || payload->Find("x-ms-ver") != nullptr) return "attestation token (JWS)";
  return "JWS";
}

// Lists one part as a row, and the members of the JSON it holds. Returns the JSON.
Result<Json> DescribePart(std::string_view part, size_t offset, const std::string& name, Inspection& out) {
  const auto decoded = DecodedPart(part);
  if (!decoded) {
    out.Add(offset, part.size(), name, part, "not base64url, although it must be");
    return tl::unexpected(decoded.error());
  }
  out.Add(offset, part.size(), name, std::to_string(decoded->size()) + " bytes",
          "base64url; offsets of " + name + ".* count within its decoded bytes");
  const std::string_view text = AsText(*decoded);
  if (!text.empty()) DescribeJson(text, 0, name, out);
  return ParseJson(text);
}

void DescribePolicyMember(const Json& payload, Inspection& out) {
  const Json* member = payload.Find("AttestationPolicy");
  if (member == nullptr || member->AsString() == nullptr) return;
  // maa-rest-api section 2.4: the hash is of the text as stored, which is base64url.
  out.Add(0, member->AsString()->size(), "policy.hash", Base64UrlEncode(Sha256(AsBytes(*member->AsString()))),
          "x-ms-policy-hash of tokens that it decides");
  const auto text = DecodedPart(*member->AsString());
  if (text)
    DescribePolicy(AsText(*text), 0, "policy.", out);
  else
    out.Note("AttestationPolicy is not base64url: " + text.error().detail);
}

}  // namespace

bool LooksLikeJws(std::string_view text) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  const auto header = DecodedPart(text.substr(0, dot));
  if (!header) return false;
  const auto json = ParseJson(AsText(*header));
  return json && json->Find("alg") != nullptr;
}

bool LooksLikePolicy(std::string_view text) {
  constexpr std::string_view kVersion = "version";
  if (!text.starts_with(kVersion)) return false;
  text.remove_prefix(kVersion.size());
  const size_t at = text.find_first_not_of(" \t\r\n");
  return at != std::string_view::npos && text[at] == '=';
}

void DescribeJws(std::string_view text, size_t base, Inspection& out) {
  const size_t first = text.find('.');
  const size_t second = std::min(text.find('.', first + 1), text.size());
  const auto header = DescribePart(text.substr(0, first), base, "header", out);
  const std::string_view payload_part = text.substr(first + 1, second - first - 1);
  const auto payload = DescribePart(payload_part, base + first + 1, "payload", out);
  out.kind = KindOfPayload(payload, payload_part.empty());
  const Json* alg = header ? header->Find("alg") : nullptr;
  if (alg != nullptr && alg->AsString() != nullptr) out.kind += ", alg " + Printable(*alg->AsString());
  if (second == text.size()) {
    out.Note("truncated: ends " + AtOffset(base + text.size()) + "; expected a dot and the signature");
  } else {
    const std::string_view part = text.substr(second + 1);
    const auto signature = DecodedPart(part);
    out.Add(
        base + second + 1, part.size(), "signature", signature ? HexEncode(*signature) : std::string(part),
        signature ? std::to_string(signature->size()) + " bytes, over the text before the last dot" : "not base64url, although it must be");
  }
  if (payload) DescribePolicyMember(*payload, out);
}

void DescribePolicy(std::string_view text, size_t base, const std::string& prefix, Inspection& out) {
  if (out.kind.empty()) out.kind = "attestation policy";
  out.Add(base, text.size(), prefix + "text", text,
          prefix.empty() ? "the policy" : "the policy; offsets of policy.* count within its text");
  const auto program = CompileProgram(text);
  if (!program) {
    out.Note("the policy does not compile, " + std::string(program.error().where) + ": " + program.error().detail);
    return;
  }
  out.Add(base, std::min(text.find(';'), text.size()), prefix + "version", "1." + std::to_string(program->minor_version),
          "version of the policy language");
  const auto list = [&](const Section& held, const std::string& section) {
    for (size_t i = 0; i < held.rules.size(); ++i) {
      const Rule& rule = held.rules[i];
      out.Add(base + rule.span.begin, rule.span.end - rule.span.begin, prefix + section + "[" + std::to_string(i) + "]",
              std::string(program->TextOf(rule.span)), "rule, line " + std::to_string(rule.line));
    }
  };
  list(program->configuration, "configurationrules");
  list(program->authorization, "authorizationrules");
  list(program->issuance, "issuancerules");
}

}  // namespace vidimus::inspect
