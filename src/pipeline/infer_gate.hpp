// So many inferences side by side, whatever models they belong to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "mutex.hpp"

namespace inflight {

struct Job;

/// An inference that is ready to start.
struct ReadyInference {
  Job* job = nullptr;
  std::uint32_t model = 0;
};

/// Several models on one processor are quickest when few more inferences run than it has cores: more only take each
/// other's caches and time slices. What is ready waits here, and is started by the thread on which another completed,
/// so that nobody has to be woken in between. Bounded by the requests of the models. Thread-safe.
class InferGate {
 public:
  /// `limit`: inferences side by side in all; `streams`: of each model, which would only queue more.
  InferGate(int limit, std::vector<int> streams)
      : limit_(limit), streams_(std::move(streams)), of_model_(streams_.size(), 0) {}

  /// True: start it now. False: leave() will hand it out.
  bool enter(ReadyInference inference) INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (running_ == limit_ || !has_stream(inference)) {
      waiting_.push_back(inference);
      return false;
    }
    begin(inference);
    return true;
  }

  /// One of `model` has ended. The one to start now in its place, if any may: of the same model if there is one, since
  /// its thread is awake and its weights are in the caches; else the one that waits longest. No model gets far ahead of
  /// the others: its requests bound how many of its inferences wait.
  std::optional<ReadyInference> leave(std::uint32_t model) INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    --running_;
    --of_model_[model];
    auto may_start = [this](const ReadyInference& ready) INFLIGHT_REQUIRES(mutex_) { return has_stream(ready); };
    auto next = std::ranges::find(waiting_, model, &ReadyInference::model);
    if (next == waiting_.end()) next = std::ranges::find_if(waiting_, may_start);
    if (next == waiting_.end()) return std::nullopt;
    ReadyInference chosen = *next;
    waiting_.erase(next);
    begin(chosen);
    return chosen;
  }

  /// Nothing runs, and nothing waits.
  bool is_idle() INFLIGHT_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    return running_ == 0 && waiting_.empty();
  }

 private:
  bool has_stream(ReadyInference inference) const INFLIGHT_REQUIRES(mutex_) {
    return of_model_[inference.model] < streams_[inference.model];
  }
  void begin(ReadyInference inference) INFLIGHT_REQUIRES(mutex_) {
    ++running_;
    ++of_model_[inference.model];
  }

  const int limit_;
  const std::vector<int> streams_;
  Mutex mutex_;
  int running_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::vector<int> of_model_ INFLIGHT_GUARDED_BY(mutex_);
  std::deque<ReadyInference> waiting_ INFLIGHT_GUARDED_BY(mutex_);
};

}  // namespace inflight
