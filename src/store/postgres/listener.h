// A thread that hears from PostgreSQL that some node has written.
#pragma once

#include <functional>
#include <thread>

#include "store/postgres/url.h"

namespace vidimus {

class PostgresListener {
 public:
  // Calls `changed` after each notification, and after each connection made: what was told before that was not heard.
  PostgresListener(PostgresParameters parameters, std::function<void()> changed);
  ~PostgresListener();  // stops at once, unless a name is being looked up
  PostgresListener(const PostgresListener&) = delete;
  PostgresListener& operator=(const PostgresListener&) = delete;

 private:
  void Run();
  Status Listen();
  bool Stopping(int milliseconds) const;  // waits that long for it

  const PostgresParameters parameters_;
  const std::function<void()> changed_;
  bool connected_ = false;
  int stop_;  // eventfd; readable once it is time
  std::thread thread_;
};

// The channel of LISTEN and NOTIFY, of the database that the URL names.
inline constexpr const char* kPostgresChannel = "vidimus_store";

}  // namespace vidimus
