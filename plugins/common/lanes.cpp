#include "lanes.hpp"

namespace inflight {

Lanes::Lanes(const std::string& name, int count) {
  workers_.reserve(static_cast<std::size_t>(count));
  try {
    for (int i = 0; i < count; ++i) workers_.emplace_back(name + "-lane-" + std::to_string(i), [this] { work(); });
  } catch (...) {
    close();  // those that run are waited for next
    throw;
  }
}

Lanes::~Lanes() { close(); }

void Lanes::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

void Lanes::submit(LaneTask& task) {
  {
    MutexLock lock(mutex_);
    waiting_.splice(waiting_.end(), task.place_);
  }
  changed_.notify_one();
}

void Lanes::hurry(LaneTask& task) {
  MutexLock lock(mutex_);
  bool waits = task.place_.empty();
  if (waits) waiting_.splice(waiting_.begin(), waiting_, task.position_);
}

LaneTask* Lanes::take() {
  MutexLock lock(mutex_);
  while (waiting_.empty() && !closed_) changed_.wait(lock);
  if (waiting_.empty()) return nullptr;
  LaneTask* task = waiting_.front();
  task->place_.splice(task->place_.begin(), waiting_, waiting_.begin());
  return task;
}

void Lanes::work() {
  while (LaneTask* task = take()) task->run();
}

}  // namespace inflight
