#include "device_pool_events.hpp"

namespace inflight {

void PoolEvents::add(DeviceEvent event) {
  if (!tell_) return;
  MutexLock lock(mutex_);
  waiting_.push_back(std::move(event));
}

void PoolEvents::deliver() {
  MutexLock lock(mutex_);
  deliver(lock);
}

void PoolEvents::settle() {
  MutexLock lock(mutex_);
  deliver(lock);
  while (delivering_) delivered_.wait(lock);
}

void PoolEvents::deliver(MutexLock& lock) INFLIGHT_UNLOCKS {
  while (!delivering_ && !waiting_.empty()) {
    delivering_ = true;
    std::vector<DeviceEvent> batch = std::exchange(waiting_, {});
    lock.unlock();
    for (const DeviceEvent& event : batch) tell_(event);
    lock.lock();
    delivering_ = false;
    delivered_.notify_all();
  }
}

}  // namespace inflight
