// Something done at equal intervals of a clock.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "inflight/clock.hpp"
#include "worker.hpp"

namespace inflight {

/// Runs `action` on a thread of its own, first one interval from now. An action that takes longer than the interval
/// delays the next one; none is made up for. The destructor waits for an action that runs.
class Periodic {
 public:
  Periodic(std::string name, Clock& clock, Duration interval, std::function<void()> action);
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;
  ~Periodic();

 private:
  class State;
  std::shared_ptr<State> state_;  // a timer of the clock may outlive this object by a moment
  std::unique_ptr<Worker> worker_;
};

}  // namespace inflight
