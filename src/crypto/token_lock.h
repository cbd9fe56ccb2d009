// The lock that whoever calls a PKCS #11 module holds. Internal to crypto/.
//
// One for the process: a module has one state for all of it, and not every module is safe from several threads.
#pragma once

#include <mutex>

namespace vidimus {

// Holds nothing when not `needed`: OpenSSL's own keys sign side by side.
inline std::unique_lock<std::mutex> HoldTokens(bool needed = true) {
  static std::mutex mutex;
  std::unique_lock lock(mutex, std::defer_lock);
  if (needed) lock.lock();
  return lock;
}

}  // namespace vidimus
