#include "tests/support/postgres_server.h"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace vidimus::testing {
namespace {

constexpr const char* kUser = "vidimus";

std::string FindPrograms() {
  std::vector<std::filesystem::path> folders;
  const char* const path = std::getenv("PATH");
  std::string rest = path == nullptr ? "" : path;
  for (size_t end = 0; !rest.empty(); rest = end == std::string::npos ? "" : rest.substr(end + 1)) {
    end = rest.find(':');
    folders.emplace_back(rest.substr(0, end));
  }
  std::error_code ignored;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored)) folders.push_back(version.path() / "bin");
  for (const auto& folder : folders) {
    if (access((folder / "initdb").c_str(), X_OK) == 0 && access((folder / "postgres").c_str(), X_OK) == 0) return folder;
  }
  return "";
}

// Memory where there is plenty: what is tested is the death of processes, not of disks, and each new start after a SIGKILL reads and
// syncs the whole folder, which takes seconds on a busy disk.
std::string FolderPattern() {
  std::error_code none;
  const auto memory = std::filesystem::space("/dev/shm", none);
  const bool plenty = !none && memory.available > uintmax_t{2} << 30 && access("/dev/shm", W_OK) == 0;
  return std::string(plenty ? "/dev/shm" : "/tmp") + "/vidimus-postgres-XXXXXX";
}

void Expect(bool good, const std::string& what) {
  if (!good) throw std::runtime_error("PostgreSQL for tests: " + what);
}

}  // namespace

PostgresServer* PostgresServer::Shared() {
  static const std::unique_ptr<PostgresServer> server = [] {
    const std::string programs = FindPrograms();
    return programs.empty() ? nullptr : std::make_unique<PostgresServer>(programs);
  }();
  return server.get();
}

PostgresServer::PostgresServer(std::string programs) : programs_(std::move(programs)), user_(getuid()), group_(getgid()) {
  folder_ = FolderPattern();
  Expect(mkdtemp(folder_.data()) != nullptr, "no folder like " + folder_);
  if (user_ == 0) {  // initdb and postgres refuse to run as root
    const passwd* other = getpwnam("postgres");
    if (other == nullptr) other = getpwnam("nobody");
    Expect(other != nullptr, "no unprivileged user");
    user_ = other->pw_uid;
    group_ = other->pw_gid;
    Expect(chown(folder_.c_str(), user_, group_) == 0, "cannot give the folder to the other user");
  }
  InitialiseData();
  Start();
}

PostgresServer::~PostgresServer() {
  Stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PostgresServer::InitialiseData() const {
  std::ofstream(folder_ + "/password") << kPassword;
  const pid_t initdb = Launch({programs_ + "/initdb", "-D", folder_ + "/data", "-U", kUser, "-A", "scram-sha-256", "--pwfile",
                               folder_ + "/password", "-E", "UTF8", "--no-locale"});
  int status = 0;
  Expect(waitpid(initdb, &status, 0) == initdb && status == 0, "initdb failed, see " + folder_ + "/log");
}

// As the unprivileged user. Ends with the thread that launched it, so that a test that crashes leaves no server.
pid_t PostgresServer::Launch(const std::vector<std::string>& command) const {
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const std::string log = folder_ + "/log";
  const bool other_user = getuid() != user_;
  const pid_t parent = getpid();
  const pid_t child = fork();
  Expect(child >= 0, "no process");
  if (child > 0) return child;
  if (other_user && (setgroups(0, nullptr) != 0 || setgid(group_) != 0 || setuid(user_) != 0)) _exit(126);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != parent || chdir(folder_.c_str()) != 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
    _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

void PostgresServer::Start() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (true) {
    // A process of the server before may still hold its shared memory: then this one ends at once, and another is tried.
    if (process_ == 0)
      process_ = Launch({programs_ + "/postgres", "-D", folder_ + "/data", "-k", folder_, "-c", "listen_addresses=", "-c", "fsync=on", "-c",
                         "max_connections=60", "-c", "shared_buffers=16MB"});
    if (PQping(url("postgres").c_str()) == PQPING_OK) return;
    if (waitpid(process_, nullptr, WNOHANG) == process_) process_ = 0;
    Expect(std::chrono::steady_clock::now() < deadline, "does not start, see " + folder_ + "/log");
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void PostgresServer::Stop() {
  if (process_ == 0) return;
  kill(process_, SIGINT);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

std::vector<pid_t> PostgresServer::Processes() const {
  std::vector<pid_t> all = {process_};
  std::ifstream children("/proc/" + std::to_string(process_) + "/task/" + std::to_string(process_) + "/children");
  for (pid_t child = 0; children >> child;) all.push_back(child);
  return all;
}

void PostgresServer::Kill() {
  kill(process_, SIGSTOP);  // so that it makes no more
  for (const pid_t process : Processes()) kill(process, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = 0;
}

void PostgresServer::Freeze(bool frozen) const {
  for (const pid_t process : Processes()) kill(process, frozen ? SIGSTOP : SIGCONT);
}

std::string PostgresServer::url(const std::string& database) const {
  std::string host;
  for (const char character : folder_) host += character == '/' ? "%2F" : std::string(1, character);
  return std::string("postgresql://") + kUser + ":pass%40word%2F1@/" + database + "?host=" + host;
}

std::string PostgresServer::NewDatabase() {
  const std::string name = "test" + std::to_string(++databases_);
  Execute(url("postgres"), "CREATE DATABASE " + name);
  return url(name);
}

void PostgresServer::Execute(const std::string& database_url, const std::string& sql) const {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(database_url.c_str()), PQfinish);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> answer(PQexec(connection.get(), sql.c_str()), PQclear);
  const ExecStatusType status = PQresultStatus(answer.get());
  Expect(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, PQerrorMessage(connection.get()));
}

}  // namespace vidimus::testing
