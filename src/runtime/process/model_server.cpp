#include "model_server.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

#include "inflight/model_process.hpp"

namespace inflight {
namespace {

/// Its memory could not be sent: the limit on open files.
void answer_unknown(const Message& run, const std::shared_ptr<Channel>& channel) {
  auto message = std::make_unique<Message>(run);
  message->kind = MessageKind::completed;
  message->error = static_cast<std::int32_t>(ErrorCode::engine_failed);
  // Not on the thread that reads, which must not wait for the other side to.
  Clock& clock = steady_clock();
  clock.call_at(clock.now(), [channel, message = std::move(message)] {
    constexpr std::string_view kWhy =
        "the memory of the request did not reach its process; raise the limit on open files";
    channel->send(*message, std::as_bytes(std::span(kWhy)));
  });
}

}  // namespace

// ---- a request ----

ServedRequest::ServedRequest(CompiledModel& model, const TensorLayout& layout, Received created)
    : model_(model), number_(created.message.request) {
  prepared_ = prepare(layout, std::move(created.memory));
}

Result<void> ServedRequest::prepare(const TensorLayout& layout, FileDescriptor file) {
  Result<SharedMemory> memory = SharedMemory::open(std::move(file), layout.bytes);
  if (!memory) return fail(std::move(memory.error()));
  tensors_ = SharedTensors(std::move(*memory), layout);
  Result<std::unique_ptr<InferRequest>> request = model_.create_request();
  if (!request) return fail(std::move(request.error()));
  request_ = std::move(*request);
  for (std::size_t port = 0; port < tensors_.inputs().size(); ++port)
    if (Result<void> set = request_->set_input(port, tensors_.inputs()[port]); !set) return set;
  return {};
}

void ServedRequest::run(std::uint64_t number, const std::shared_ptr<Channel>& channel) {
  run_ = number;
  Result<void> started = prepared_;
  if (started)
    started = request_->start(
        [this, number, channel](Outcome outcome) { answer(number, *channel, deliver(std::move(outcome))); });
  if (started) return;
  // The thread that reads must not wait for the other side to.
  auto failed = std::make_unique<Error>(std::move(started.error()));
  Clock& clock = steady_clock();
  clock.call_at(clock.now(),
                [this, number, channel, failed = std::move(failed)] { answer(number, *channel, fail(*failed)); });
}

void ServedRequest::cancel(std::uint64_t number) noexcept {
  if (number == run_ && request_) request_->cancel();
}

Outcome ServedRequest::deliver(Outcome outcome) {
  if (!outcome) return outcome;
  for (std::size_t port = 0; port < tensors_.outputs().size(); ++port)
    if (Result<void> copied = copy_output(port); !copied) return fail(std::move(copied.error()));
  return outcome;
}

Result<void> ServedRequest::copy_output(std::size_t port) {
  const TensorView& room = tensors_.outputs()[port];
  Result<TensorView> result = request_->output(port);
  if (!result) return fail(std::move(result.error()));
  // Outputs whose size depends on the picture do not always say so beforehand.
  if (result->type() != room.type() || result->bytes() != room.bytes())
    return fail(ErrorCode::engine_failed,
                fmt::format("output {} came as {} {}, and PROCESS has room for {} {}: use the device without PROCESS",
                            port, to_string(result->type()), to_string(result->shape()), to_string(room.type()),
                            to_string(room.shape())));
  std::ranges::copy(result->as_bytes(), room.data());
  return {};
}

void ServedRequest::answer(std::uint64_t number, const Channel& channel, const Outcome& outcome) const {
  Message message;
  if (!outcome) message.error = static_cast<std::int32_t>(outcome.error().code);
  message.kind = MessageKind::completed;
  message.request = number_;
  message.run = number;
  message.optimal_requests = model_.optimal_requests();
  if (outcome) {
    message.batch = outcome->batch;
    message.set_device(outcome->device);
    channel.send(message);
  } else {
    channel.send(message, std::as_bytes(std::span(outcome.error().message)));
  }
}

// ---- the model ----

void EventForwarder::set_model(const CompiledModel* model) {
  MutexLock lock(mutex_);
  model_ = model;
}

void EventForwarder::forward(const DeviceEvent& event) {
  ForwardedEvent forwarded{event, std::nullopt};
  {
    MutexLock lock(mutex_);
    if (model_) forwarded.runtime = model_->runtime();
  }
  Message message;
  message.kind = MessageKind::event;
  channel_->send(message, encode(forwarded), WhenFull::drop);  // a listener must not block
}

void ModelServer::serve() {
  Result<Received> first = channel_->receive();
  if (!first || !compile(*first)) return;
  while (Result<Received> received = channel_->receive()) follow(std::move(*received));
}

bool ModelServer::compile(Received& received) {
  if (received.message.kind != MessageKind::compile || received.message.version != kProtocolVersion)
    return refuse({ErrorCode::device_unusable, "the program for models is of another version of Inflight; rebuild it"});
  Result<std::vector<std::byte>> content = received.content();
  Result<CompileOrder> order = content ? decode_order(*content) : fail(std::move(content.error()));
  if (!order) return refuse(order.error());
  order->options.on_event = [events = events_](const DeviceEvent& event) { events->forward(event); };
  Result<std::shared_ptr<CompiledModel>> model = compile_model(order->model, order->device, order->options);
  if (!model) return refuse(model.error());
  Result<TensorLayout> layout = layout_of((*model)->info());
  if (!layout) return refuse(layout.error());
  model_ = std::move(*model);
  events_->set_model(model_.get());
  layout_ = std::move(*layout);
  Message compiled;
  compiled.kind = MessageKind::compiled;
  return channel_->send(compiled, encode(CompiledState{model_->info(), model_->runtime(), model_->optimal_requests()}));
}

bool ModelServer::refuse(const Error& error) {
  Message refused;
  refused.kind = MessageKind::compiled;
  refused.error = static_cast<std::int32_t>(error.code);
  channel_->send(refused, std::as_bytes(std::span(error.message)));
  return false;
}

void ModelServer::follow(Received received) {
  const Message message = received.message;
  if (message.kind == MessageKind::flush) return model_->flush();
  if (message.kind == MessageKind::create)
    return static_cast<void>(requests_.try_emplace(message.request, *model_, layout_, std::move(received)));
  auto found = requests_.find(message.request);
  if (found == requests_.end()) {
    if (message.kind == MessageKind::run) answer_unknown(message, channel_);
    return;
  }
  if (message.kind == MessageKind::run) found->second.run(message.run, channel_);
  if (message.kind == MessageKind::cancel) found->second.cancel(message.run);
  if (message.kind == MessageKind::destroy) requests_.erase(found);
}

int serve_model_process(int socket) {
  int type = 0;
  socklen_t size = sizeof type;
  if (getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_SEQPACKET) return 1;
  fcntl(socket, F_SETFD, FD_CLOEXEC);  // what engines start must not keep it open
  ModelServer(std::make_shared<Channel>(FileDescriptor(socket))).serve();
  return 0;
}

}  // namespace inflight
