// Serving: from a plan to answers, until a signal says stop.
#include <csignal>
#include <iostream>

#include <malloc.h>

#include "base/log.h"
#include "plan.h"
#include "service.h"

namespace vidimus {
namespace {

// The signals that a server listens to, blocked in every thread and waited for in one.
class ServerSignals {
 public:
  ServerSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  // TERM, INT or HUP.
  int Wait() const {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0) {
    }
    return signal;
  }

 private:
  sigset_t set_{};
};

}  // namespace

int Serve(ServePlan plan) {
  // Bodies come and go in large blocks: with a fixed threshold they are mapped, and returned to the system when they go.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  const ServerSignals signals;
  auto service = RunningService::Start(std::move(plan));
  if (!service) {
    std::cerr << "vidimus serve: " << service.error().detail << " (" << service.error().where << ")\n";
    return 1;
  }
  std::cout << "listening " << (*service)->issuer() << std::endl;
  int signal = signals.Wait();
  for (; signal == SIGHUP; signal = signals.Wait()) (*service)->Renew();
  Log(LogLevel::kInfo, "stopping", {{"signal", signal == SIGTERM ? "TERM" : "INT"}});
  service->reset();
  return 0;
}

}  // namespace vidimus
