#include "channel.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>

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

TEST(Channel, CutsATextThatHasNoEndAndMakesItFitToBeShown) {
  Ends ends = connected();
  SharedMemory huge = SharedMemory::create(std::size_t{3} << 30).value();  // of which little is ever touched
  std::ranges::copy(bytes_of("no\n\x1b[2J"), huge.bytes().begin());
  Message message;
  message.error = static_cast<std::int32_t>(ErrorCode::engine_failed);
  message.bytes = huge.bytes().size();
  ASSERT_TRUE(ends.a.send(message, huge.file()));
  Error error = ends.b.receive()->error();
  EXPECT_EQ(error.message, "no  [2J") << "and no blanks after it";
}

TEST(Channel, TakesNoContentThatIsLargerThanAnyIs) {
  Ends ends = connected();
  SharedMemory memory = SharedMemory::create(kMostContent + 1).value();
  Message message;
  message.bytes = kMostContent + 1;
  ASSERT_TRUE(ends.a.send(message, memory.file()));
  EXPECT_EQ(ends.b.receive()->content().error().code, ErrorCode::invalid_argument);
}

TEST(Channel, KeepsOneFileOfThoseThatComeWithAMessage) {
  std::array<int, 2> raw{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, raw.data()), 0);
  FileDescriptor other(raw[0]);
  Channel channel{FileDescriptor(raw[1])};
  auto open_files = [] {
    auto all = std::filesystem::directory_iterator("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  auto before = open_files();
  Message message;
  std::array<int, 8> files{};
  files.fill(other.get());
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof files)> room{};
  iovec part{&message, sizeof message};
  msghdr packet{};
  packet.msg_iov = &part;
  packet.msg_iovlen = 1;
  packet.msg_control = room.data();
  packet.msg_controllen = room.size();
  cmsghdr* header = CMSG_FIRSTHDR(&packet);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof files);
  std::memcpy(CMSG_DATA(header), files.data(), sizeof files);
  ASSERT_GT(sendmsg(other.get(), &packet, 0), 0);
  {
    Result<Received> received = channel.receive();
    ASSERT_TRUE(received);
    EXPECT_EQ(open_files(), before + 1);
  }
  EXPECT_EQ(open_files(), before);
}

std::string told(const Result<void>& checked) { return checked ? "" : checked.error().message; }

TEST(CheckAnswer, KnowsWhatAProcessMaySay) {
  Message good;
  good.kind = MessageKind::completed;
  EXPECT_TRUE(check_answer(good));
  auto cannot_be = [&](auto change) {
    Message message = good;
    change(message);
    return told(check_answer(message));
  };
  EXPECT_THAT(cannot_be([](Message& m) { m.kind = MessageKind::run; }), HasSubstr("kind 2"));
  EXPECT_THAT(cannot_be([](Message& m) { m.kind = static_cast<MessageKind>(99); }), HasSubstr("kind 99"));
  EXPECT_THAT(cannot_be([](Message& m) { m.version = 1; }), HasSubstr("version 1"));
  EXPECT_THAT(cannot_be([](Message& m) { m.error = 15; }), HasSubstr("error 15"));
  EXPECT_THAT(cannot_be([](Message& m) { m.error = -2; }), HasSubstr("error -2"));
  EXPECT_THAT(cannot_be([](Message& m) { m.batch = 0; }), HasSubstr("batch of 0"));
  EXPECT_THAT(cannot_be([](Message& m) { m.batch = kMostRequests + 1; }), HasSubstr("batch of"));
  EXPECT_THAT(cannot_be([](Message& m) { m.optimal_requests = -1; }), HasSubstr("-1 requests"));
  EXPECT_THAT(cannot_be([](Message& m) { m.optimal_requests = kMostRequests + 1; }), HasSubstr("requests"));
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

TEST(SharedMemory, RefusesMemoryThatMayShrink) {
  FileDescriptor open(memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(ftruncate(open.get(), 4096), 0);
  Result<SharedMemory> memory = SharedMemory::open(FileDescriptor(dup(open.get())), 4096);
  ASSERT_FALSE(memory);
  EXPECT_THAT(memory.error().message, HasSubstr("not sealed"));
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  FileDescriptor end(pipe_ends[0]), other(pipe_ends[1]);
  EXPECT_FALSE(SharedMemory::open(std::move(end), 1)) << "it is no memory";
}

TEST(SharedMemory, RefusesMemoryThatIsTooSmall) {
  SharedMemory memory = SharedMemory::create(10).value();
  EXPECT_EQ(SharedMemory::open(FileDescriptor(dup(memory.file())), 4097).error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(SharedMemory::open(FileDescriptor(), 1).error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace inflight
