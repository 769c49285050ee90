// How long the process of a model may take to answer.
#pragma once

#include <optional>

#include "inflight/engine.hpp"

namespace inflight {

/// Judges by the slowest answer so far, with room for a machine that is busy with other things. Not thread-safe.
class Patience {
 public:
  explicit Patience(const ProcessPolicy& policy) noexcept : policy_(policy) {}

  void answered(Duration took) noexcept { slowest_ = std::max(slowest_.value_or(took), took); }
  /// Of another process, the first inference may take long again.
  void begin_anew() noexcept { slowest_.reset(); }

  // nullopt: for ever.
  std::optional<Duration> for_compiling() const noexcept;
  std::optional<Duration> for_inference() const noexcept;
  /// Until an inference that was cancelled ends, so that who stops need not wait for a process that hangs.
  std::optional<Duration> for_cancel() const noexcept;

 private:
  const ProcessPolicy policy_;
  std::optional<Duration> slowest_;
};

/// How much may happen: many times at once, and then so many times a second.
class Allowance {
 public:
  Allowance(double at_once, double per_second) noexcept : most_(at_once), per_second_(per_second), left_(at_once) {}
  /// False: that is too much.
  bool take(TimePoint now) noexcept;

 private:
  const double most_, per_second_;
  double left_;
  std::optional<TimePoint> before_;
};

}  // namespace inflight
