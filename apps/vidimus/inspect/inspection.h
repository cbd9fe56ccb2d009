// What `vidimus inspect` found: the kind of a file and its fields, ready to print.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace vidimus::inspect {

struct Field {
  size_t offset;  // of its first byte; within the text or DER that the meaning of an enclosing field names, else in the file
  size_t size;    // bytes
  std::string name, value, meaning;
};

class Inspection {
 public:
  std::string kind;
  size_t size = 0;  // of the file

  // Past limits::kInspectFields it only notes that there are more. Everything is made printable here, so that no hostile file reaches a
  // terminal.
  void Add(size_t offset, size_t size_of_field, std::string_view name, std::string_view value, std::string_view meaning);
  void Note(std::string_view text);

  const std::vector<Field>& fields() const { return fields_; }
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  std::vector<Field> fields_;
  std::vector<std::string> notes_;
  bool full_ = false;
};

// Printable ASCII as it is, every other byte as \xNN.
std::string Printable(std::string_view text);

// "at offset 12"; for messages.
std::string AtOffset(size_t offset);

}  // namespace vidimus::inspect
