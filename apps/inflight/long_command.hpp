// What a command that takes minutes owes those who wait for it: how long that will be, said before it begins, and the
// best answer known when they interrupt it.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "options.hpp"
#include "signals.hpp"

namespace inflight::app {

/// "40 s", "3 min", "1 h 20 min": no more digits than an estimate deserves.
std::string rough_time(double seconds);

/// Says on standard error, unless --quiet, what is to be done and how long it takes: `length` is "up to about 3 min".
void tell_length(const Options& options, const std::string& what, const std::string& length);

/// Until the first answer is known, a signal ends the process, as there is nothing to keep. From then on it ends the
/// search: the command sees it here, stops what runs, and prints what it knows.
class Interruption {
 public:
  explicit Interruption(SignalWatch& signals) : signals_(signals) {}

  /// There is something to print now. May be called again.
  void answer_known();

  bool is_requested() const noexcept { return stop_.stop_requested(); }
  /// For std::stop_callback, where something that runs must be told to stop.
  std::stop_token token() const noexcept { return stop_.get_token(); }
  /// Waits. False: a signal came before or meanwhile.
  bool wait(double seconds) const;

 private:
  SignalWatch& signals_;
  std::stop_source stop_;
  std::unique_ptr<SignalWatch::Handling> handling_;
};

}  // namespace inflight::app
