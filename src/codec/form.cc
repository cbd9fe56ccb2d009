#include "codec/form.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/hex.h"
#include "base/limits.h"

namespace vidimus {

Result<std::string> DecodeFormText(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    const auto octet = HexDecode(text.substr(i + 1, 2));
    if (!octet || octet->size() != 1) return Fail(ErrorCode::kMalformed, "form.encoding", "expected two hexadecimal digits after '%'");
    out += static_cast<char>(octet->front());
    i += 2;
  }
  if (!IsUtf8(AsBytes(out)) || out.find('\0') != std::string::npos)
    return Fail(ErrorCode::kMalformed, "form.encoding", "expected UTF-8 without NUL");
  return out;
}

Result<FormFields> ParseForm(std::string_view text) {
  if (text.size() > limits::kFormBytes)
    return Fail(ErrorCode::kLimit, "form.size",
                "found " + std::to_string(text.size()) + " bytes, expected at most " + std::to_string(limits::kFormBytes));
  FormFields out;
  while (!text.empty()) {
    const std::string_view field = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(field.size() + 1, text.size()));
    if (field.empty()) continue;
    if (out.size() == limits::kFormFields)
      return Fail(ErrorCode::kLimit, "form.fields", "found more fields than " + std::to_string(limits::kFormFields));
    const size_t equals = field.find('=');
    VIDIMUS_TRY(std::string name, DecodeFormText(field.substr(0, equals)));
    VIDIMUS_TRY(std::string value, DecodeFormText(equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1)));
    out.emplace_back(std::move(name), std::move(value));
  }
  return out;
}

std::string EncodeFormText(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    const bool letter_or_digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter_or_digit || c == '-' || c == '.' || c == '_' || c == '~')
      out += c;
    else
      out.append({'%', kDigits[octet >> 4], kDigits[octet & 15]});
  }
  return out;
}

std::string WriteForm(const FormFields& fields) {
  std::string out;
  for (const auto& [name, value] : fields) out += (out.empty() ? "" : "&") + EncodeFormText(name) + "=" + EncodeFormText(value);
  return out;
}

}  // namespace vidimus
