// Messages for a process that has too much to read.
#pragma once

#include <deque>

#include "channel.hpp"

namespace inflight {

/// Keeps what the socket does not take, in order, so that those who send do not wait for the process to read. What it
/// holds is bounded by the requests there are: each has few messages under way. Not thread-safe.
class Outbox {
 public:
  Outbox();

  /// False: the process has gone. `memory` is kept open as long as need be.
  bool send(const Channel& channel, const Message& message, int memory = -1);
  /// Sends what is kept, as far as the process takes it now.
  void go_on(const Channel& channel);
  /// Forgets what is kept: it was for a process that has gone.
  void clear() { kept_.clear(); }

  bool empty() const noexcept { return kept_.empty(); }
  /// Readable once something is kept that was not, until calm().
  int waker() const noexcept { return waker_.get(); }
  void calm() const noexcept;

 private:
  struct Kept {
    Message message;
    FileDescriptor memory;
  };
  std::deque<Kept> kept_;
  const FileDescriptor waker_;
};

}  // namespace inflight
