#include "channel.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "printable.hpp"

namespace inflight {
namespace {

/// Room for one descriptor beside a message, aligned as the system wants it.
union Ancillary {
  cmsghdr header;
  char room[CMSG_SPACE(sizeof(int))];
};

void attach(msghdr& packet, Ancillary& ancillary, int file) noexcept {
  packet.msg_control = &ancillary;
  packet.msg_controllen = sizeof ancillary.room;
  cmsghdr* header = CMSG_FIRSTHDR(&packet);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof file);
  std::memcpy(CMSG_DATA(header), &file, sizeof file);
}

/// One descriptor at most: there is no room for more, and the system closes those.
FileDescriptor detach(msghdr& packet) noexcept {
  cmsghdr* header = CMSG_FIRSTHDR(&packet);
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return {};
  if (header->cmsg_len < CMSG_LEN(sizeof(int))) return {};
  int file = -1;
  std::memcpy(&file, CMSG_DATA(header), sizeof file);
  return FileDescriptor(file);
}

tl::unexpected<Error> cannot_be(std::string what) { return fail(ErrorCode::internal, std::move(what)); }

}  // namespace

void Message::set_device(std::string_view device) noexcept {
  device_name = {};
  std::copy_n(device.begin(), std::min(device.size(), device_name.size() - 1), device_name.begin());
}

std::string_view Message::device() const noexcept {
  return {device_name.data(), strnlen(device_name.data(), device_name.size())};
}

Result<SharedMemory> Received::open_memory() { return SharedMemory::open(std::move(memory), message.bytes); }

Result<std::vector<std::byte>> Received::content(std::size_t most) {
  if (message.bytes > most)
    return fail(ErrorCode::invalid_argument, fmt::format("{} bytes, of at most {}", message.bytes, most));
  Result<SharedMemory> shared = open_memory();
  if (!shared) return fail(std::move(shared.error()));
  return std::vector<std::byte>(shared->bytes().begin(), shared->bytes().end());
}

Error Received::error() {
  auto code = static_cast<ErrorCode>(message.error);
  if (message.bytes == 0) return {code, ""};
  message.bytes = std::min<std::uint64_t>(message.bytes, kMostText);
  Result<std::vector<std::byte>> text = content(kMostText);
  if (!text) return {code, "the reason was lost: " + text.error().message};
  std::string shown = printable({reinterpret_cast<const char*>(text->data()), text->size()}, kMostText);
  shown.erase(shown.find_last_not_of(' ') + 1);
  return {code, std::move(shown)};
}

Result<void> check_answer(const Message& message) {
  constexpr auto kLastError = static_cast<std::int32_t>(ErrorCode::internal);
  using Kind = MessageKind;
  if (message.kind != Kind::compiled && message.kind != Kind::completed && message.kind != Kind::event)
    return cannot_be(fmt::format("a message of kind {}", static_cast<std::uint32_t>(message.kind)));
  if (message.version != kProtocolVersion)
    return cannot_be(fmt::format("a message of version {}, not {}: rebuild it", message.version, kProtocolVersion));
  if (message.error < Message::kNoError || message.error > kLastError)
    return cannot_be(fmt::format("error {}", message.error));
  if (message.batch < 1 || message.batch > kMostRequests) return cannot_be(fmt::format("a batch of {}", message.batch));
  if (message.optimal_requests < 0 || message.optimal_requests > kMostRequests)
    return cannot_be(fmt::format("{} requests as the best number", message.optimal_requests));
  return {};
}

Sent Channel::try_send(const Message& message, int memory) const noexcept {
  if (send(message, memory, WhenFull::drop)) return Sent::yes;
  return errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS || errno == ENOMEM ? Sent::full : Sent::gone;
}

bool Channel::wait_for_message(int waker, bool room) const noexcept {
  std::array<pollfd, 2> files{
      {{socket_.get(), static_cast<short>(room ? POLLIN | POLLOUT : POLLIN), 0}, {waker, POLLIN, 0}}};
  while (poll(files.data(), files.size(), -1) < 0 && errno == EINTR) {
  }
  return (files[0].revents & ~POLLOUT) != 0;
}

bool Channel::send(const Message& message, int memory, WhenFull when_full) const noexcept {
  iovec part{const_cast<Message*>(&message), sizeof message};  // NOLINT: sendmsg() only reads
  msghdr packet{};
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  Ancillary ancillary{};
  if (memory >= 0) attach(packet, ancillary, memory);
  int flags = MSG_NOSIGNAL | (when_full == WhenFull::drop ? MSG_DONTWAIT : 0);
  ssize_t sent = 0;
  do sent = sendmsg(socket_.get(), &packet, flags);
  while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(sizeof message);
}

bool Channel::send(Message message, std::span<const std::byte> content, WhenFull when_full) const noexcept {
  if (content.empty()) return send(message, -1, when_full);
  Result<SharedMemory> memory = SharedMemory::create(content.size());
  message.bytes = content.size();
  if (!memory) return send(message, -1, when_full);  // without it; the other side says that it was lost
  std::ranges::copy(content, memory->bytes().begin());
  return send(message, memory->file(), when_full);
}

Result<Received> Channel::receive() const noexcept {
  Received received;
  iovec part{&received.message, sizeof received.message};
  msghdr packet{};
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  Ancillary ancillary{};
  packet.msg_control = &ancillary;
  packet.msg_controllen = CMSG_LEN(sizeof(int));
  ssize_t size = 0;
  do size = recvmsg(socket_.get(), &packet, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size <= 0) return fail(ErrorCode::closed, "the other side has gone");
  received.memory = detach(packet);
  if (size != static_cast<ssize_t>(sizeof received.message) || (packet.msg_flags & MSG_TRUNC) != 0)
    return cannot_be("what is no message");
  return received;
}

void Channel::shut_down() const noexcept { shutdown(socket_.get(), SHUT_RDWR); }

}  // namespace inflight
