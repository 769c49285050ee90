// The half of PROCESS that lives in the process of the model.
#pragma once

#include <map>
#include <memory>

#include "channel.hpp"
#include "messages.hpp"
#include "mutex.hpp"
#include "shared_tensors.hpp"

namespace inflight {

/// One request: its tensors are those of the program's request, in shared memory.
class ServedRequest {
 public:
  /// What goes wrong here is the outcome of every inference.
  ServedRequest(CompiledModel& model, const TensorLayout& layout, Received created);

  /// Answered once, when the outputs are where the program reads them.
  void run(std::uint64_t number, const std::shared_ptr<Channel>& channel);
  void cancel(std::uint64_t number) noexcept;

 private:
  Result<void> prepare(const TensorLayout& layout, FileDescriptor file);
  Outcome deliver(Outcome outcome);
  Result<void> copy_output(std::size_t port);
  void answer(std::uint64_t number, const Channel& channel, const Outcome& outcome) const;

  CompiledModel& model_;
  const std::uint32_t number_;
  std::uint64_t run_ = 0;  // the one that was asked for last; of the thread that reads
  SharedTensors tensors_;
  Result<void> prepared_;
  std::unique_ptr<InferRequest> request_;  // last: waits until nothing uses the others
};

/// Sends on what virtual devices tell, and with it what the model runs on since then.
class EventForwarder {
 public:
  explicit EventForwarder(std::shared_ptr<Channel> channel) : channel_(std::move(channel)) {}
  /// Once it is compiled; nullptr before it goes.
  void set_model(const CompiledModel* model) INFLIGHT_EXCLUDES(mutex_);
  void forward(const DeviceEvent& event) INFLIGHT_EXCLUDES(mutex_);

 private:
  const std::shared_ptr<Channel> channel_;
  Mutex mutex_;
  const CompiledModel* model_ INFLIGHT_GUARDED_BY(mutex_) = nullptr;
};

/// Does what it is told until the other side goes. Reading never waits for the other side to read: however much the
/// two have to say to each other, one of them listens.
class ModelServer {
 public:
  explicit ModelServer(std::shared_ptr<Channel> channel)
      : channel_(std::move(channel)), events_(std::make_shared<EventForwarder>(channel_)) {}
  ModelServer(const ModelServer&) = delete;
  ModelServer& operator=(const ModelServer&) = delete;
  ~ModelServer() { events_->set_model(nullptr); }

  void serve();

 private:
  bool compile(Received& received);
  bool refuse(const Error& error);
  void follow(Received received);

  const std::shared_ptr<Channel> channel_;
  const std::shared_ptr<EventForwarder> events_;
  std::shared_ptr<CompiledModel> model_;
  TensorLayout layout_;
  std::map<std::uint32_t, ServedRequest> requests_;  // last: they go before the model
};

}  // namespace inflight
