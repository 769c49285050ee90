// Which of two devices is faster: the arithmetic, without threads and clocks.
#pragma once

#include <cstddef>
#include <optional>

#include "inflight/clock.hpp"

namespace inflight {

/// Watches completions in windows that alternate between the serving device and the candidate (A B A B), so that
/// whatever else loads the machine hits both. The candidate is warmed up first. A window opens with a completion,
/// usually the first, and counts those after it, so that neither a ramp-up nor what was in flight before falsifies the
/// rate.
///
/// Requests of users on the serving device count as well, and probes only fill up what these leave of its width:
/// a busy device is measured by its own work, and no request waits for more than one inference of a probe.
class Comparison {
 public:
  struct Side {
    std::size_t member;
    int width;        ///< inferences in flight while it is measured
    int ramp_up = 1;  ///< completions until it runs at its speed: a round of the width, where it gathers requests
  };

  /// Without `serving` the candidate's speed alone is measured. `shared_cores`: both compute on the CPU.
  Comparison(Side candidate, std::optional<Side> serving, bool shared_cores) noexcept;

  bool over() const noexcept { return step_ > kLastStep; }
  /// Where probes are to run now.
  const Side& target() const noexcept { return on_candidate() || !serving_ ? candidate_ : *serving_; }
  bool involves(std::size_t member) const noexcept;
  const Side& candidate() const noexcept { return candidate_; }

  void completed(std::size_t member, TimePoint now, bool is_probe) noexcept;

  // Once over. In inferences per second.
  double candidate_speed() const noexcept;
  double serving_speed() const noexcept;
  /// By more than the noise of such a measurement.
  bool candidate_is_faster() const noexcept;

 private:
  struct Tally {
    int count = 0;
    Duration time{0};
  };
  static constexpr int kLastStep = 4;  // 0: warm-up; 1, 3: the serving device; 2, 4: the candidate

  bool on_candidate() const noexcept { return step_ % 2 == 0; }
  void warmed_up() noexcept;
  void count(TimePoint now) noexcept;
  bool is_enough(TimePoint now) const noexcept;
  void next_step() noexcept;

  Side candidate_;
  std::optional<Side> serving_;
  bool shared_cores_;
  int step_ = 0;
  int warm_ups_ = 0;
  std::optional<TimePoint> opened_;  // of the window
  int ramped_up_ = 0;                // completions before it
  int counted_ = 0;                  // in the window
  Tally candidate_tally_, serving_tally_;
  int beside_candidate_ = 0;  // requests that the serving device completed in the candidate's windows
};

}  // namespace inflight
