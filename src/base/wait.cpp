#include "wait.hpp"

#include <thread>

#include "mutex.hpp"

namespace inflight {
namespace {

void wait_for_timer(Clock& clock, TimePoint when) {
  Mutex mutex;
  CondVar passed;
  bool over = false;
  clock.call_at(when, [&] {
    MutexLock lock(mutex);
    over = true;
    passed.notify_one();
  });
  MutexLock lock(mutex);
  while (!over) passed.wait(lock);
}

}  // namespace

void wait_until(Clock& clock, TimePoint when) {
  if (clock.now() >= when) return;
  // The kernel wakes this thread; a timer would wake the clock's first, and that one this.
  if (&clock == &steady_clock()) return std::this_thread::sleep_until(when);
  wait_for_timer(clock, when);
}

}  // namespace inflight
