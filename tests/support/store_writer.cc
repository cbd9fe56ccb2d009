// store_writer URL COUNT: writes COUNT times to the instance "killed", and prints the number of each write that was acknowledged. A write
// is a policy and an entry of the settings' history, both of the number of the write.
#include <charconv>
#include <cstring>
#include <string>

#include <unistd.h>

#include "store/store.h"

int main(int argc, char** argv) {
  using namespace vidimus;
  int count = 0;
  if (argc != 3 || std::from_chars(argv[2], argv[2] + std::strlen(argv[2]), count).ec != std::errc()) return 2;
  auto store = Store::Open(argv[1]);
  if (!store) return 1;
  const InstanceKey key{"killed", 1};
  for (int i = 0; i < count; ++i) {
    std::string number;
    const Status status = (*store)->Write([&](StoreTransaction& transaction) -> Status {
      VIDIMUS_TRY(const auto history, transaction.PolicyHistory(key, "SgxEnclave", 1));
      number = std::to_string(history.empty() ? 1 : history[0].version + 1);
      PolicyRecord policy;
      policy.type = "SgxEnclave";
      policy.text = number + std::string(3000, 'x');
      policy.jws = number;
      VIDIMUS_CHECK_OK(transaction.AppendPolicy(key, policy));
      return transaction.AppendSettings(key, {0, 0, "writer", number});
    });
    if (!status) return 1;
    const std::string line = number + "\n";
    if (write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) return 1;
  }
  return 0;
}
