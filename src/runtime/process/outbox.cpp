#include "outbox.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>

namespace inflight {

Outbox::Outbox() : waker_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

bool Outbox::send(const Channel& channel, const Message& message, int memory) {
  if (kept_.empty()) {
    Sent sent = channel.try_send(message, memory);
    if (sent != Sent::full) return sent == Sent::yes;
  }
  // The request that the memory is of may go before the message does.
  FileDescriptor copy(memory < 0 ? -1 : fcntl(memory, F_DUPFD_CLOEXEC, 0));
  kept_.push_back({message, std::move(copy)});
  if (kept_.size() == 1) eventfd_write(waker_.get(), 1);
  return true;
}

void Outbox::go_on(const Channel& channel) {
  while (!kept_.empty()) {
    const Kept& first = kept_.front();
    if (channel.try_send(first.message, first.memory.get()) == Sent::full) return;
    kept_.pop_front();  // also where the process has gone: who waits for its answer is told otherwise
  }
}

void Outbox::calm() const noexcept {
  eventfd_t count = 0;
  eventfd_read(waker_.get(), &count);
}

}  // namespace inflight
