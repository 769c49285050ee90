// What comes back while a load runs.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "inflight/infer_queue.hpp"
#include "inflight/measure.hpp"
#include "mutex.hpp"

namespace inflight {

/// An inference that was asked for.
struct Asked {
  std::uint64_t number = 0;
  TimePoint due, submitted;
};

/// Counts answers as they come. Thread-safe.
class LoadLog {
 public:
  /// `options` must outlive it.
  explicit LoadLog(const LoadOptions& options) : options_(options) {}

  void start(TimePoint now);
  void answered(const Asked& asked, const Outcome& outcome, std::uint32_t lane, TimePoint now)
      INFLIGHT_EXCLUDES(mutex_);
  /// Of bursts: the whole of one was answered.
  void query_answered(Duration latency) INFLIGHT_EXCLUDES(mutex_);
  void write_to(LoadSummary& summary) const INFLIGHT_EXCLUDES(mutex_);

 private:
  struct Window {
    std::uint64_t count = 0;
    double latency_ms = 0;
    TimePoint last;
  };

  void count(const Outcome& outcome) INFLIGHT_REQUIRES(mutex_);
  std::size_t window_of(std::uint64_t number, TimePoint now) const noexcept INFLIGHT_REQUIRES(mutex_);

  const LoadOptions& options_;
  TimePoint start_;  // before anything is asked for
  mutable Mutex mutex_;
  Histogram latency_ INFLIGHT_GUARDED_BY(mutex_);
  std::array<Window, 3> windows_ INFLIGHT_GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t, std::less<>> devices_ INFLIGHT_GUARDED_BY(mutex_);
  std::uint64_t count_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::uint64_t failed_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  std::uint64_t batches_ INFLIGHT_GUARDED_BY(mutex_) = 0;  ///< sum over answers of how many ran together
  TimePoint last_ INFLIGHT_GUARDED_BY(mutex_);
  std::string error_ INFLIGHT_GUARDED_BY(mutex_);
};

}  // namespace inflight
