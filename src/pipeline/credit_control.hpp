// How many frames of a source are worth having on their way.
#pragma once

#include <algorithm>
#include <cstddef>

#include "inflight/clock.hpp"

namespace inflight {

/// Credits for one source, from what was seen of it. It starts with the least. It adds some where the device had too
/// little to do for want of a frame while the source waited for a credit: had there been another, the frame would have
/// come earlier. It takes them back where adding them did not help, and where frames only waited, which makes each
/// answer later and none faster. Decided once a window of frames, by the times that are handed in: it reads no clock.
/// One thread at a time.
class CreditControl {
 public:
  struct Bounds {
    std::size_t least = 1, most = 1;
  };

  /// What was seen by the time a frame was given to the models. Times are totals since the run began.
  struct Signs {
    TimePoint now{};
    Duration device_waited{0};     ///< with too little to do, and no frame there
    Duration source_waited{0};     ///< for a credit
    std::size_t waiting = 0;       ///< frames of the source that wait for inference behind this one
    bool sinks_caught_up = false;  ///< since the frame before, its sinks had nothing to do at some moment
  };

  explicit CreditControl(Bounds bounds) : bounds_(bounds), credits_(bounds.least) {}

  std::size_t credits() const noexcept { return credits_; }
  /// The number goes with them; a source that had more than the least keeps what it had more.
  void set_bounds(Bounds bounds) noexcept;
  /// True: the number of credits has changed.
  bool next(const Signs& signs) noexcept;

 private:
  static constexpr int kWindow = 32;        // frames
  static constexpr int kPatience = 4;       // windows in which frames only waited
  static constexpr int kLongestRest = 64;   // windows
  static constexpr double kWorthIt = 0.02;  // share of the time that another credit could save
  static constexpr double kHelped = 0.8;    // what is left of it where more credits were a help

  void begin_window(const Signs& signs) noexcept;
  bool decide(double saved) noexcept;
  bool more(double saved) noexcept;
  bool fewer() noexcept;
  bool undo() noexcept;

  Bounds bounds_;
  std::size_t credits_;
  Signs begin_;
  int frames_ = 0;  // of the window; 0: it has not begun
  std::size_t least_waiting_ = 0;
  bool caught_up_ = false;        // in the window
  std::size_t step_ = 1;          // that is added next
  std::size_t added_ = 0;         // by the window before; 0: none
  double saved_before_ = 0;       // what could have been saved when they were added
  int idle_windows_ = 0;          // in a row in which frames only waited
  int rest_ = 0, next_rest_ = 8;  // windows without adding: it did not help
};

}  // namespace inflight
