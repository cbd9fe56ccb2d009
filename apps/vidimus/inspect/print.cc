#include "inspect/print.h"

#include <algorithm>
#include <array>

#include "codec/json.h"

namespace vidimus::inspect {
namespace {

// With two spaces between columns: 8 + 6 + 29 + 34 + 35 + 4 * 2 = 120.
struct Column {
  size_t width;
  bool right;
};
constexpr std::array<Column, 5> kColumns = {{{8, true}, {6, true}, {29, false}, {34, false}, {35, false}}};
constexpr size_t kLineWidth = 120;

// Breaks at the last space that fits, else after the last dot (of a name), else in the middle: hexadecimal text has neither.
std::vector<std::string> Wrap(std::string_view text, size_t width) {
  std::vector<std::string> lines;
  while (text.size() > width) {
    const size_t space = text.rfind(' ', width), dot = text.rfind('.', width - 1);
    const bool at_space = space != std::string_view::npos && space > 0;
    const size_t end = at_space ? space : dot != std::string_view::npos && dot > 0 ? dot + 1 : width;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(at_space ? end + 1 : end);
  }
  lines.emplace_back(text);
  return lines;
}

void PrintRow(const std::array<std::string, 5>& cells, std::string& out) {
  std::array<std::vector<std::string>, 5> wrapped;
  size_t height = 0;
  for (size_t i = 0; i < cells.size(); ++i) {
    wrapped[i] = Wrap(cells[i], kColumns[i].width);
    height = std::max(height, wrapped[i].size());
  }
  for (size_t line = 0; line < height; ++line) {
    std::string text;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string cell = line < wrapped[i].size() ? wrapped[i][line] : "";
      const std::string pad(kColumns[i].width - cell.size(), ' ');
      text += (i == 0 ? "" : "  ") + (kColumns[i].right ? pad + cell : cell + pad);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  }
}

// Shows both ends of what would take more than three lines.
std::string Shortened(const std::string& value, bool full) {
  const size_t line = kColumns[3].width;
  if (full || value.size() <= 3 * line) return value;
  return value.substr(0, line + 11) + "..." + value.substr(value.size() - 20);
}

}  // namespace

std::string ToText(const Inspection& inspection, bool full) {
  std::string out = inspection.kind + ", " + std::to_string(inspection.size) + " bytes\n\n";
  PrintRow({"offset", "size", "name", "value", "meaning"}, out);
  for (const Field& field : inspection.fields())
    PrintRow({std::to_string(field.offset), std::to_string(field.size), field.name, Shortened(field.value, full), field.meaning}, out);
  out += '\n';
  for (const std::string& note : inspection.notes()) {
    std::string_view label = "note: ";
    for (const std::string& line : Wrap(note, kLineWidth - label.size())) {
      out += std::string(label) + line + '\n';
      label = "      ";
    }
  }
  return out;
}

std::string ToJson(const Inspection& inspection) {
  JsonArray fields;
  for (const Field& field : inspection.fields())
    fields.push_back(JsonObject{{"offset", uint64_t{field.offset}},
                                {"size", uint64_t{field.size}},
                                {"name", field.name},
                                {"value", field.value},
                                {"meaning", field.meaning}});
  JsonArray notes(inspection.notes().begin(), inspection.notes().end());
  return WriteJson(JsonObject{
      {"kind", inspection.kind}, {"size", uint64_t{inspection.size}}, {"fields", std::move(fields)}, {"notes", std::move(notes)}});
}

}  // namespace vidimus::inspect
