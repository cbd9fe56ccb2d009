// Serving: from a plan to answers, until a signal says stop.
#include <csignal>
#include <iostream>

#include <malloc.h>

#include "base/log.h"
#include "plan.h"
#include "service.h"

namespace vidimus {
namespace {

// The signals that stop a server, blocked in every thread and waited for in one.
class StopSignals {
 public:
  StopSignals() {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
  }
  // TERM or INT. HUP asks a service to read its files again, which takes a restart here; it must not end it.
  int Wait() const {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0 || signal == SIGHUP)
      if (signal == SIGHUP) Log(LogLevel::kWarning, "files are read at start only; restart to read them again", {{"signal", "HUP"}});
    return signal;
  }

 private:
  sigset_t set_{};
};

}  // namespace

int Serve(ServePlan plan) {
  // Bodies come and go in large blocks: with a fixed threshold they are mapped, and returned to the system when they go.
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
  const StopSignals signals;
  auto service = RunningService::Start(std::move(plan));
  if (!service) {
    std::cerr << "vidimus serve: " << service.error().detail << " (" << service.error().where << ")\n";
    return 1;
  }
  std::cout << "listening " << (*service)->issuer() << std::endl;
  const int signal = signals.Wait();
  Log(LogLevel::kInfo, "stopping", {{"signal", signal == SIGTERM ? "TERM" : "INT"}});
  service->reset();
  return 0;
}

}  // namespace vidimus
