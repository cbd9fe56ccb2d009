// Files that say they are backups.
#include <sstream>

#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "service/backup_format.h"

using namespace vidimus;

namespace {

// Written again, a row reads the same.
void RequireSame(const BackupHeader& header, const BackupRow& read) {
  const auto line = BackupRowLine(*read.table, read.row);
  if (!line) return;  // a text may take more octets as this program writes it
  BackupHeader alone = header;
  for (size_t i = 0; i < alone.rows.size(); ++i) alone.rows[i] = &StoreTables()[i] == read.table ? 1 : 0;
  std::istringstream in(BackupHeaderLine(alone) + *line);
  BackupReader reader(in);
  const auto again_header = reader.Header();
  fuzz::Require(again_header && *again_header == alone, "a header written again reads the same");
  const auto again = reader.Next();
  fuzz::Require(again && again->has_value() && (*again)->table == read.table && (*again)->row == read.row,
                "a row written again reads the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(AsText(Bytes(data, size)));
  std::istringstream whole(text), in(text);
  const bool intact = CheckBackupDigest(whole).has_value();
  BackupReader reader(in);
  const auto header = reader.Header();
  if (!header) return 0;
  fuzz::Require(header->rows.size() == StoreTables().size() && header->total() >= 0, "a header counts the rows of each table");
  int64_t rows = 0;
  while (true) {
    const auto row = reader.Next();
    if (!row) return 0;
    if (!*row) break;
    ++rows;
    fuzz::Require(IsRowOf(*(*row)->table, (*row)->row), "a row fits its table");
    RequireSame(*header, **row);
  }
  fuzz::Require(intact && rows == header->total(), "what was read to its end is whole");
  return 0;
}
