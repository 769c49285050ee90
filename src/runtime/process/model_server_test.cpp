// The half of PROCESS that lives in the process of the model, spoken to in its own words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>

#include "channel.hpp"
#include "inflight/model_process.hpp"
#include "messages.hpp"
#include "shared_tensors.hpp"
#include "worker.hpp"

namespace inflight {
namespace {

using testing::HasSubstr;

class ModelServer : public testing::Test {
 protected:
  ModelServer() {
    std::array<int, 2> ends{};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()), 0);
    channel.emplace(FileDescriptor(ends[0]));
    server.emplace("server", [this, socket = ends[1]] { status = serve_model_process(socket); });
  }
  ~ModelServer() override {
    channel->shut_down();
    server.reset();
    EXPECT_EQ(status, 0);
  }
  ModelServer(const ModelServer&) = delete;
  ModelServer& operator=(const ModelServer&) = delete;

  static Message message(MessageKind kind, std::uint32_t request = 0, std::uint64_t run = 0) {
    Message made;
    made.kind = kind;
    made.request = request;
    made.run = run;
    return made;
  }

  void compile(const std::string& device) {
    channel->send(message(MessageKind::compile), encode(CompileOrder{"m", device, {}}));
    CompiledState state = decode_state(channel->receive()->open_memory()->bytes()).value();
    layout = layout_of(state.info).value();
  }
  SharedTensors create(std::uint32_t number) {
    SharedTensors tensors(SharedMemory::create(layout.bytes).value(), layout);
    channel->send(message(MessageKind::create, number), tensors.memory().file());
    return tensors;
  }

  int status = -1;
  std::optional<Channel> channel;
  TensorLayout layout;
  std::optional<Worker> server;
};

TEST_F(ModelServer, RunsARequestInSharedMemory) {
  compile("sim:input=1x3x2x2,rows=1");
  SharedTensors tensors = create(1);
  channel->send(message(MessageKind::run, 1, 5));
  Message answer = channel->receive()->message;
  EXPECT_EQ(answer.kind, MessageKind::completed);
  EXPECT_EQ(answer.run, 5U);
  EXPECT_EQ(answer.error, Message::kNoError);
  EXPECT_EQ(answer.device(), "sim:sim");
  EXPECT_GT(tensors.outputs().at(0).as<float>()[2], 0.0F);
}

TEST_F(ModelServer, LetsALateCancelHitNoOtherInference) {
  compile("sim:input=1x3x2x2,latency=20ms");
  SharedTensors tensors = create(1);
  channel->send(message(MessageKind::run, 1, 2));
  channel->send(message(MessageKind::cancel, 1, 1));
  EXPECT_EQ(channel->receive()->message.error, Message::kNoError);
  channel->send(message(MessageKind::run, 1, 3));
  channel->send(message(MessageKind::cancel, 1, 3));
  EXPECT_EQ(channel->receive()->message.error, static_cast<std::int32_t>(ErrorCode::cancelled));
}

TEST_F(ModelServer, AnswersForARequestThatItDoesNotHave) {
  compile("sim:input=1x3x2x2");
  channel->send(message(MessageKind::run, 7, 1));
  Error error = channel->receive()->error();
  EXPECT_EQ(error.code, ErrorCode::engine_failed);
  EXPECT_THAT(error.message, HasSubstr("open files"));
}

TEST_F(ModelServer, AnswersForARequestWhoseMemoryIsTooSmall) {
  compile("sim:input=1x3x64x64");
  SharedMemory small = SharedMemory::create(10).value();
  channel->send(message(MessageKind::create, 1), small.file());
  channel->send(message(MessageKind::run, 1, 1));
  EXPECT_THAT(channel->receive()->error().message, HasSubstr("did not arrive"));
}

TEST_F(ModelServer, RefusesAProgramOfAnotherVersion) {
  Message other = message(MessageKind::compile);
  other.version = kProtocolVersion + 1;
  channel->send(other);
  Error error = channel->receive()->error();
  EXPECT_EQ(error.code, ErrorCode::device_unusable);
  EXPECT_THAT(error.message, HasSubstr("another version"));
}

TEST(ServeModelProcess, ReturnsAtOnceWhereThereIsNoSocket) { EXPECT_EQ(serve_model_process(-1), 1); }

}  // namespace
}  // namespace inflight
