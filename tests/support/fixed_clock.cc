// Preloaded into a program, it sets the wall clock to the UNIX time in VIDIMUS_TEST_CLOCK and lets it stand still. Other clocks run on.
//
// A server with a configuration file has no option for its clock, and recorded endorsements hold for weeks only.
#include <cerrno>
#include <cstdlib>
#include <ctime>

#include <sys/syscall.h>
#include <unistd.h>

extern "C" int clock_gettime(clockid_t clock, timespec* out) {
  const char* fixed = std::getenv("VIDIMUS_TEST_CLOCK");
  if (clock != CLOCK_REALTIME || fixed == nullptr) return static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  out->tv_sec = std::strtol(fixed, nullptr, 10);
  out->tv_nsec = 0;
  return 0;
}
