#include "lanes.hpp"

namespace inflight {

Lanes::Lanes(const std::string& name, int count) {
  workers_.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) workers_.emplace_back(name + "-lane-" + std::to_string(i), [this] { work(); });
}

Lanes::~Lanes() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

void Lanes::submit(Job& job) {
  {
    MutexLock lock(mutex_);
    waiting_.splice(waiting_.end(), job.place_);
  }
  changed_.notify_one();
}

void Lanes::hurry(Job& job) {
  MutexLock lock(mutex_);
  bool waits = job.place_.empty();
  if (waits) waiting_.splice(waiting_.begin(), waiting_, job.position_);
}

Job* Lanes::take() {
  MutexLock lock(mutex_);
  while (waiting_.empty() && !closed_) changed_.wait(lock);
  if (waiting_.empty()) return nullptr;
  Job* job = waiting_.front();
  job->place_.splice(job->place_.begin(), waiting_, waiting_.begin());
  return job;
}

void Lanes::work() {
  while (Job* job = take()) job->run();
}

}  // namespace inflight
