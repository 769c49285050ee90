// Our own threads for the inferences of engines whose libraries compute on the thread that calls: each runs one at
// a time, start to end.
//
// Why not ONNX Runtime's RunAsync: it takes its threads from the pool that computes the operators, needs at least two
// of them, and can neither name a thread nor give up an inference that still waits. Measured with YOLOX-nano on two
// busy cores, spinning off: two lanes of one thread each 22–25 core-ms per inference, RunAsync on a pool of two 21–26,
// on a pool of three 25. So lanes cost nothing, and the cores not used by a lane are left to decoding.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "mutex.hpp"
#include "worker.hpp"

namespace inflight {

/// Something for a lane to do. Carries its own place in the queue, so that waiting allocates nothing.
class LaneTask {
 public:
  LaneTask() = default;
  LaneTask(const LaneTask&) = delete;
  LaneTask& operator=(const LaneTask&) = delete;
  virtual ~LaneTask() = default;

  /// Runs on a lane. The task may be submitted again, or destroyed, before this returns. Must not throw.
  virtual void run() noexcept = 0;

 private:
  friend class Lanes;
  std::list<LaneTask*> place_{this};  // one element; lent to the queue while the task waits
  std::list<LaneTask*>::iterator position_ = place_.begin();
};

/// First come, first served. Thread-safe. The destructor runs what still waits.
class Lanes {
 public:
  /// The threads are called NAME-lane-0, NAME-lane-1, … Throws std::system_error where one cannot be started.
  Lanes(const std::string& name, int count);
  ~Lanes();

  /// Precondition: the task does not wait already.
  void submit(LaneTask& task);

  /// Puts a task that waits before all others; no effect on one that does not wait.
  void hurry(LaneTask& task);

 private:
  void close();
  void work();
  /// The next task; nullptr: closed, and nothing waits.
  LaneTask* take();

  Mutex mutex_;
  CondVar changed_;
  std::list<LaneTask*> waiting_ INFLIGHT_GUARDED_BY(mutex_);
  bool closed_ INFLIGHT_GUARDED_BY(mutex_) = false;

  std::vector<Worker> workers_;  // last: they use all of the above
};

}  // namespace inflight
