// Waiting for a moment, by whichever clock, until somebody says that it is no use.
#pragma once

#include <memory>

#include "inflight/clock.hpp"

namespace inflight {

/// One thread waits, again and again; interrupt() may come from another, before, during or after.
class InterruptibleWait {
 public:
  explicit InterruptibleWait(Clock& clock);
  InterruptibleWait(const InterruptibleWait&) = delete;
  InterruptibleWait& operator=(const InterruptibleWait&) = delete;
  ~InterruptibleWait();

  /// Blocks until `when` has come. False: it was interrupted, and is for good.
  bool until(TimePoint when);
  void interrupt() noexcept;
  bool interrupted() const noexcept;

 private:
  class State;
  Clock& clock_;
  const std::shared_ptr<State> state_;  // a timer of the clock may outlive this object by a moment
};

}  // namespace inflight
