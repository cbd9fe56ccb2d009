// WorkerPool: a few threads for work that would hold up an event loop, with a bounded queue.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/limits.h"

namespace vidimus {

class WorkerPool {
 public:
  explicit WorkerPool(size_t threads, size_t max_queued = limits::kQueuedWork);
  // Finishes what was posted.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False, and nothing is done, when the queue is full. What `work` throws is logged.
  [[nodiscard]] bool Post(std::function<void()> work);
  // How much waits for a thread.
  size_t queued() const;

 private:
  void Run();

  const size_t max_queued_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vidimus
