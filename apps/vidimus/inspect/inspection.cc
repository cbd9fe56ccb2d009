#include "inspect/inspection.h"

#include "base/limits.h"

namespace vidimus::inspect {

std::string Printable(std::string_view text) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f) {
      out += c;
    } else {
      out += "\\x";
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

std::string AtOffset(size_t offset) { return "at offset " + std::to_string(offset); }

void Inspection::Add(size_t offset, size_t size_of_field, std::string_view name, std::string_view value, std::string_view meaning) {
  if (fields_.size() == limits::kInspectFields) {
    if (!full_) Note("only the first " + std::to_string(limits::kInspectFields) + " fields are listed");
    full_ = true;
    return;
  }
  fields_.push_back({offset, size_of_field, Printable(name), Printable(value), Printable(meaning)});
}

void Inspection::Note(std::string_view text) { notes_.push_back(Printable(text)); }

}  // namespace vidimus::inspect
