// A PostgreSQL server of a test's own: a folder and a socket that nothing else uses, gone at the end. For tests only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace vidimus::testing {

class PostgresServer {
 public:
  // The one of this process, started at the first call; null where there is no PostgreSQL.
  static PostgresServer* Shared();

  explicit PostgresServer(std::string programs);  // the folder of initdb and postgres; throws std::runtime_error
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void Start();                    // and waits until it takes connections
  void Stop();                     // as an administrator would: open connections are closed
  void Kill();                     // SIGKILL to all of its processes
  void Freeze(bool frozen) const;  // SIGSTOP, SIGCONT to all of its processes

  // The URL of a new and empty database.
  std::string NewDatabase();
  std::string url(const std::string& database) const;
  // One statement in that database; throws when it is refused.
  void Execute(const std::string& database_url, const std::string& sql) const;

  // In every URL, percent-encoded.
  static constexpr std::string_view kPassword = "pass@word/1";

 private:
  pid_t Launch(const std::vector<std::string>& command) const;
  void InitialiseData() const;
  std::vector<pid_t> Processes() const;

  const std::string programs_;
  std::string folder_;
  uid_t user_ = 0;
  gid_t group_ = 0;
  pid_t process_ = 0;
  int databases_ = 0;
};

}  // namespace vidimus::testing
