#include "channel.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

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

FileDescriptor detach(msghdr& packet) noexcept {
  cmsghdr* header = CMSG_FIRSTHDR(&packet);
  if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) return {};
  int file = -1;
  std::memcpy(&file, CMSG_DATA(header), sizeof file);
  return FileDescriptor(file);
}

}  // namespace

void Message::set_device(std::string_view device) noexcept {
  device_name = {};
  std::copy_n(device.begin(), std::min(device.size(), device_name.size() - 1), device_name.begin());
}

std::string_view Message::device() const noexcept {
  return {device_name.data(), strnlen(device_name.data(), device_name.size())};
}

Result<SharedMemory> Received::open_memory() { return SharedMemory::open(std::move(memory), message.bytes); }

Error Received::error() {
  Error error{static_cast<ErrorCode>(message.error), ""};
  if (message.bytes == 0) return error;
  Result<SharedMemory> text = open_memory();
  if (!text) return {error.code, "the reason was lost: " + text.error().message};
  error.message.assign(reinterpret_cast<const char*>(text->bytes().data()), message.bytes);
  return error;
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

std::optional<Received> Channel::receive() const noexcept {
  Received received;
  iovec part{&received.message, sizeof received.message};
  msghdr packet{};
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  Ancillary ancillary{};
  packet.msg_control = &ancillary;
  packet.msg_controllen = sizeof ancillary.room;
  ssize_t size = 0;
  do size = recvmsg(socket_.get(), &packet, MSG_CMSG_CLOEXEC);
  while (size < 0 && errno == EINTR);
  if (size <= 0) return std::nullopt;
  received.memory = detach(packet);
  if (size != static_cast<ssize_t>(sizeof received.message)) return std::nullopt;
  return received;
}

void Channel::shut_down() const noexcept { shutdown(socket_.get(), SHUT_RDWR); }

}  // namespace inflight
