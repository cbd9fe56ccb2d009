#include "store/postgres/listener.h"

#include <algorithm>
#include <exception>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "store/postgres/connection.h"

namespace vidimus {
namespace {

constexpr int kFirstPause = 100, kLongestPause = 2000;  // milliseconds between two attempts to connect

}  // namespace

PostgresListener::PostgresListener(PostgresParameters parameters, std::function<void()> changed)
    : parameters_(std::move(parameters)), changed_(std::move(changed)), stop_(eventfd(0, EFD_CLOEXEC)) {
  thread_ = std::thread([this] { Run(); });
}

PostgresListener::~PostgresListener() {
  eventfd_write(stop_, 1);
  thread_.join();
  close(stop_);
}

void PostgresListener::Run() {
  int pause = kFirstPause;
  while (!Stopping(0)) {
    connected_ = false;
    try {
      const Status status = Listen();
      if (!status)
        Log(LogLevel::kWarning, "store changes not heard",
            {{"where", std::string(status.error().where)}, {"detail", status.error().detail}});
    } catch (const std::exception& error) {  // no memory
      Log(LogLevel::kError, "store changes not heard", {{"detail", error.what()}});
    }
    pause = connected_ ? kFirstPause : std::min(2 * pause, kLongestPause);
    if (Stopping(pause)) return;
  }
}

Status PostgresListener::Listen() {
  VIDIMUS_TRY(const auto connection, PostgresConnection::Connect(parameters_, stop_));
  VIDIMUS_CHECK_OK(connection->Command(std::string("LISTEN ") + kPostgresChannel));
  connected_ = true;
  changed_();
  while (!Stopping(0)) {
    VIDIMUS_TRY(const bool came, connection->AwaitNotification(stop_));
    if (came) changed_();
  }
  return {};
}

bool PostgresListener::Stopping(int milliseconds) const {
  pollfd watched{stop_, POLLIN, 0};
  return poll(&watched, 1, milliseconds) > 0;
}

}  // namespace vidimus
