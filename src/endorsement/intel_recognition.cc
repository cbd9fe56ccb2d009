#include "endorsement/intel_recognition.h"

#include "base/hex.h"
#include "base/limits.h"
#include "codec/pem.h"

namespace vidimus {
namespace {

std::string_view Trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && (is_space(text.back()) || text.back() == '\0')) text.remove_suffix(1);
  return text;
}

Status RecogniseDer(Bytes der, RecognisedDocument& out) {
  if (auto crl = ParseCrl(der)) {
    out.crls.push_back(*std::move(crl));
    return {};
  } else if (auto certificate = ParseCertificate(der)) {
    out.certificates.push_back(*std::move(certificate));
    return {};
  } else {
    return tl::unexpected(crl.error());
  }
}

Status RecognisePem(std::string_view text, RecognisedDocument& out) {
  VIDIMUS_TRY(const auto blocks, ParsePem(text, limits::kPemCertificates));
  for (const PemBlock& block : blocks) {
    if (block.label == "CERTIFICATE") {
      VIDIMUS_TRY(Certificate certificate, ParseCertificate(block.der));
      out.certificates.push_back(std::move(certificate));
    } else if (block.label == "X509 CRL") {
      VIDIMUS_TRY(Crl crl, ParseCrl(block.der));
      out.crls.push_back(std::move(crl));
    } else {
      return Fail(ErrorCode::kUnsupported, "endorsement.pem_label", "found \"" + block.label + "\", expected CERTIFICATE or X509 CRL");
    }
  }
  return {};
}

}  // namespace

Result<RecognisedDocument> RecogniseIntelDocument(const ByteVector& content) {
  RecognisedDocument out;
  const std::string_view text = Trimmed(AsText(content));
  if (text.starts_with('{')) {
    VIDIMUS_TRY(out.json, ParseSignedJson(text));
  } else if (text.starts_with("-----BEGIN ")) {
    VIDIMUS_CHECK_OK(RecognisePem(text, out));
  } else if (const auto der = HexDecode(text); der && !der->empty()) {
    VIDIMUS_CHECK_OK(RecogniseDer(*der, out));
  } else if (!content.empty() && content[0] == 0x30) {
    VIDIMUS_CHECK_OK(RecogniseDer(content, out));
  } else {
    return Fail(ErrorCode::kUnsupported, "endorsement.unrecognised", "neither JSON, PEM, DER nor hexadecimal text of DER");
  }
  return out;
}

}  // namespace vidimus
