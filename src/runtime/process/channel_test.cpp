#include "channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace inflight {
namespace {

using testing::HasSubstr;

struct Ends {
  Channel a, b;
};

Ends connected() {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {Channel(FileDescriptor(ends[0])), Channel(FileDescriptor(ends[1]))};
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(Channel, KeepsMessagesApartAndInOrder) {
  Ends ends = connected();
  for (std::uint32_t i = 0; i < 3; ++i) {
    Message message;
    message.kind = MessageKind::run;
    message.request = i;
    EXPECT_TRUE(ends.a.send(message));
  }
  for (std::uint32_t i = 0; i < 3; ++i) EXPECT_EQ(ends.b.receive()->message.request, i);
}

TEST(Channel, SharesMemoryBothWays) {
  Ends ends = connected();
  SharedMemory mine = SharedMemory::create(100).value();
  Message message;
  message.bytes = 100;
  ASSERT_TRUE(ends.a.send(message, mine.file()));
  SharedMemory theirs = ends.b.receive()->open_memory().value();
  mine.bytes()[99] = std::byte{1};
  EXPECT_EQ(theirs.bytes()[99], std::byte{1});
  theirs.bytes()[0] = std::byte{2};
  EXPECT_EQ(mine.bytes()[0], std::byte{2});
}

TEST(Channel, TakesTextsOfAnyLength) {
  Ends ends = connected();
  std::string text(1 << 20, 'x');
  Message message;
  message.error = static_cast<std::int32_t>(ErrorCode::model_unusable);
  ASSERT_TRUE(ends.a.send(message, bytes_of(text)));
  Error error = ends.b.receive()->error();
  EXPECT_EQ(error.code, ErrorCode::model_unusable);
  EXPECT_EQ(error.message, text);
}

TEST(Channel, SaysThatAPromisedTextDidNotArrive) {
  Ends ends = connected();
  Message message;
  message.error = static_cast<std::int32_t>(ErrorCode::engine_failed);
  message.bytes = 10;
  ASSERT_TRUE(ends.a.send(message));
  EXPECT_THAT(ends.b.receive()->error().message, HasSubstr("did not arrive"));
}

TEST(Channel, EndsWithTheOtherSide) {
  Ends ends = connected();
  Message message;
  ASSERT_TRUE(ends.a.send(message));
  ends.a.shut_down();
  EXPECT_TRUE(ends.b.receive()) << "what was said before is heard";
  EXPECT_FALSE(ends.b.receive());
  EXPECT_FALSE(ends.b.send(message));
}

TEST(Channel, TakesAnotherLanguageForTheEnd) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()), 0);
  FileDescriptor other(ends[0]);
  Channel channel{FileDescriptor(ends[1])};
  ASSERT_EQ(write(other.get(), "hello", 5), 5);
  EXPECT_FALSE(channel.receive());
}

TEST(Channel, DropsWhatNobodyNeedsWhenItIsFull) {
  Ends ends = connected();
  Message message;
  int sent = 0;
  while (sent < 100000 && ends.a.send(message, -1, WhenFull::drop)) ++sent;
  EXPECT_GT(sent, 10);
  EXPECT_LT(sent, 100000);
}

TEST(Message, KeepsTheNameOfADeviceCutIfNeedBe) {
  Message message;
  message.set_device("ov:CPU");
  EXPECT_EQ(message.device(), "ov:CPU");
  message.set_device(std::string(200, 'd'));
  EXPECT_EQ(message.device(), std::string(95, 'd'));
  message.set_device("");
  EXPECT_EQ(message.device(), "");
}

TEST(SharedMemory, CannotBeTakenAwayByTheOtherSide) {
  SharedMemory memory = SharedMemory::create(4096).value();
  EXPECT_NE(ftruncate(memory.file(), 0), 0);
}

TEST(SharedMemory, RefusesMemoryThatIsTooSmall) {
  SharedMemory memory = SharedMemory::create(10).value();
  EXPECT_EQ(SharedMemory::open(FileDescriptor(dup(memory.file())), 4097).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(SharedMemory::open(FileDescriptor(), 1).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace inflight
