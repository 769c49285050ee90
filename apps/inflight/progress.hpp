// How far a run has come, on standard error.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "inflight/pipeline.hpp"

namespace inflight::app {

/// While it lives: a bar with the time left where standard error is a terminal, else a plain line every few
/// seconds. Nothing if `quiet`.
class ProgressDisplay {
 public:
  ProgressDisplay(const Pipeline& pipeline, bool quiet);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

 private:
  void run();
  void draw(bool last) const;

  const Pipeline& pipeline_;
  const bool terminal_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace inflight::app
