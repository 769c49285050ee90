// What a program and the process of its model say to each other: small messages, in order, over a socket.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "file_descriptor.hpp"
#include "inflight/result.hpp"
#include "shared_memory.hpp"

namespace inflight {

/// program → process: compile (once, first), create, run, cancel, destroy, flush
/// process → program: compiled (once), completed (one for each run), event
enum class MessageKind : std::uint32_t { compile, create, run, cancel, destroy, flush, compiled, completed, event };

/// Raised whenever anything changes that the two say to each other.
inline constexpr std::uint32_t kProtocolVersion = 2;

/// The most that comes with a message: a value in CBOR, a text. Tensors are as large as their model makes them.
inline constexpr std::size_t kMostContent = 16 << 20;
inline constexpr std::size_t kMostText = 1 << 20;
/// Of requests, and of those that run together: more than any device has use for.
inline constexpr std::int32_t kMostRequests = 1 << 16;

struct Message {
  MessageKind kind = MessageKind::flush;
  std::uint32_t version = kProtocolVersion;
  std::uint32_t request = 0;           ///< which; numbers are never used twice
  std::int32_t batch = 1;              ///< completed: Served::batch
  std::uint64_t run = 0;               ///< which inference of the request, so that a late cancel hits no other
  std::uint64_t bytes = 0;             ///< of the memory that comes with it: a text, an encoded value, tensors
  std::int32_t optimal_requests = 0;   ///< completed
  std::int32_t error = kNoError;       ///< compiled, completed: an ErrorCode; the memory then holds its text
  std::array<char, 96> device_name{};  ///< completed: Served::device, cut if need be

  static constexpr std::int32_t kNoError = -1;
  void set_device(std::string_view device) noexcept;
  std::string_view device() const noexcept;
};

struct Received {
  Message message;
  FileDescriptor memory;

  /// What came with it. Errors: as SharedMemory::open.
  Result<SharedMemory> open_memory();
  /// A copy of it, which nobody can change while it is read. Errors: the same; invalid_argument (more than `most`).
  Result<std::vector<std::byte>> content(std::size_t most = kMostContent);
  /// Its text fit to be shown, cut if need be. Precondition: message.error is an ErrorCode.
  Error error();
};

/// Whether a process may say that: its kind, its numbers and its error. Errors: internal, naming what cannot be.
Result<void> check_answer(const Message& message);

/// What send() does while the other side has too much to read.
enum class WhenFull : std::uint8_t { wait, drop };
enum class Sent : std::uint8_t { yes, full, gone };

/// One end of the socket. send() may be called from any thread, receive() from one.
class Channel {
 public:
  explicit Channel(FileDescriptor socket) noexcept : socket_(std::move(socket)) {}

  /// False where the other side has gone, or the message was dropped. `memory`: a descriptor that goes with it, or −1.
  bool send(const Message& message, int memory = -1, WhenFull when_full = WhenFull::wait) const noexcept;
  /// Without waiting. `full`: the other side has too much to read, and this message is not among it.
  Sent try_send(const Message& message, int memory = -1) const noexcept;
  /// With bytes of any number, in memory made for them.
  bool send(Message message, std::span<const std::byte> content, WhenFull when_full = WhenFull::wait) const noexcept;
  /// Waits. Errors: closed (the other side has gone), internal (it talks of something else).
  Result<Received> receive() const noexcept;
  /// Waits until receive() would not: then true. False: `waker` was written to, or, where that is wanted, there is
  /// `room` for messages.
  bool wait_for_message(int waker, bool room) const noexcept;
  /// Ends the conversation: receive() returns on both sides.
  void shut_down() const noexcept;

 private:
  FileDescriptor socket_;
};

}  // namespace inflight
