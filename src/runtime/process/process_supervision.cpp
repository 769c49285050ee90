// The thread of a ProcessModel: the life of its process.
#include <fmt/format.h>

#include <algorithm>

#include "process_request.hpp"

namespace inflight {
namespace {

/// A model that ends its process every time is not going to stop doing so.
constexpr int kMostCrashes = 3;

/// "process 1234 was killed by …".
std::string take_down(std::optional<ChildProcess>& child) {
  std::string who = fmt::format("process {} ", child->id());
  who += child->end();
  child.reset();
  return who;
}

}  // namespace

void ProcessModel::supervise() {
  std::optional<ChildProcess> child;
  Result<void> started = bring_up(child);
  settle_start(started);
  for (bool up = started.has_value(); up;) {
    serve(child->channel());
    if (!connect(nullptr)) return;
    up = bring_up_again(child, take_down(child));
  }
}

void ProcessModel::settle_start(Result<void> up) {
  MutexLock lock(mutex_);
  settled_ = true;
  if (!up) given_up_ = std::move(up.error());
  changed_.notify_all();
}

// ---- it comes up ----

/// `child` is empty after an error.
Result<void> ProcessModel::bring_up(std::optional<ChildProcess>& child) {
  Result<std::filesystem::path> program = find_model_program();
  if (!program) return fail(std::move(program.error()));
  Result<ChildProcess> process = ChildProcess::start(*program, {order_.device, order_.model});
  if (!process) return fail(std::move(process.error()));
  child.emplace(std::move(*process));
  bool wanted = connect(&child->channel());
  Result<CompiledState> state = wanted ? compile_in(*child) : fail(ErrorCode::cancelled, "the model is no longer used");
  Result<void> adopted = state ? adopt(std::move(*state)) : fail(std::move(state.error()));
  if (adopted) {
    admit_requests();
    return {};
  }
  connect(nullptr);
  std::string how = take_down(child);
  if (adopted.error().message.empty())
    return fail(ErrorCode::device_unusable,
                fmt::format("{} on {}: {} while it compiled the model", order_.model, device_, how));
  return adopted;
}

/// False: the model goes, and with it the process.
bool ProcessModel::connect(const Channel* channel) {
  MutexLock lock(mutex_);
  channel_ = channel;
  up_ = false;
  return !stopping_;
}

/// An error without a message: the process ended meanwhile.
Result<CompiledState> ProcessModel::compile_in(const ChildProcess& child) {
  Message message;
  message.kind = MessageKind::compile;
  child.channel().send(message, encode(order_));
  std::optional<Received> received = child.channel().receive();
  for (; received && received->message.kind == MessageKind::event; received = child.channel().receive())
    forward(std::move(*received));
  if (!received) return fail(ErrorCode::device_unusable, "");
  if (received->message.error != Message::kNoError) return fail(received->error());
  Result<SharedMemory> memory = received->open_memory();
  if (!memory) return fail(std::move(memory.error()));
  return decode_state(memory->bytes());
}

Result<void> ProcessModel::adopt(CompiledState state) {
  Result<TensorLayout> layout = layout_of(state.info);
  if (!layout) return fail(std::move(layout.error()));
  MutexLock lock(mutex_);
  if (settled_ && !fits(*layout, layout_))
    return fail(ErrorCode::model_unusable,
                fmt::format("{}: its inputs and outputs are no longer those it had; was it replaced?", order_.model));
  if (!settled_) {
    info_ = std::move(state.info);
    layout_ = std::move(*layout);
  }
  runtime_ = std::move(state.runtime);
  runtime_.device = "PROCESS:" + runtime_.device;
  optimal_requests_ = state.optimal_requests;
  return {};
}

void ProcessModel::admit_requests() {
  MutexLock lock(mutex_);
  up_ = true;
  for (const auto& [number, request] : requests_) send_create(*request);
  for (ProcessRequest* request : std::exchange(waiting_, {})) send_run(*request);
}

// ---- it serves ----

void ProcessModel::serve(const Channel& channel) {
  while (std::optional<Received> received = channel.receive()) {
    if (received->message.kind == MessageKind::completed)
      completed(std::move(*received));
    else if (received->message.kind == MessageKind::event)
      forward(std::move(*received));
  }
}

void ProcessModel::completed(Received received) {
  const Message& message = received.message;
  ProcessRequest* request = nullptr;
  Outcome outcome;
  {
    MutexLock lock(mutex_);
    auto found = requests_.find(message.request);
    if (found == requests_.end()) return;
    request = found->second;
    if (request->phase_ != ProcessRequest::Phase::running || request->run_ != message.run) return;
    outcome = outcome_of(received, steady_clock().now() - request->started_);
  }
  optimal_requests_ = message.optimal_requests;
  if (outcome) crashes_ = 0;
  complete(*request, std::move(outcome));
}

Outcome ProcessModel::outcome_of(Received& received, Duration infer_time) {
  const Message& message = received.message;
  if (message.error != Message::kNoError) return fail(received.error());
  auto device = devices_.find(message.device());
  if (device == devices_.end())
    device = devices_.emplace(message.device(), fmt::format("PROCESS:{}", message.device())).first;
  return Served{device->second, message.batch, infer_time};
}

void ProcessModel::forward(Received received) {
  Result<SharedMemory> memory = received.open_memory();
  Result<ForwardedEvent> forwarded = memory ? decode_event(memory->bytes()) : fail(std::move(memory.error()));
  if (!forwarded) return;  // there was no memory to send it in; it tells of nothing that is needed
  if (forwarded->runtime) {
    MutexLock lock(mutex_);
    runtime_ = std::move(*forwarded->runtime);
    runtime_.device = "PROCESS:" + runtime_.device;
  }
  forwarded->event.at = clock_.now();
  if (order_.options.on_event) order_.options.on_event(forwarded->event);
}

// ---- it ends ----

bool ProcessModel::bring_up_again(std::optional<ChildProcess>& child, std::string how_it_ended) {
  TimePoint began = steady_clock().now();
  std::size_t lost = fail_all(false, {ErrorCode::engine_failed, fmt::format("{} on {}: {} during the inference",
                                                                            order_.model, device_, how_it_ended)});
  while (++crashes_ < kMostCrashes) {
    tell("failed", fmt::format("{}; {} requests in flight failed; another is started", how_it_ended, lost));
    lost = 0;
    Result<void> up = bring_up(child);
    if (up) {
      double ms = to_ms(steady_clock().now() - began);
      tell("readmitted", fmt::format("process {} serves, {:.0f} ms after the last one ended", child->id(), ms));
      return true;
    }
    MutexLock lock(mutex_);
    if (stopping_) return false;
    how_it_ended = std::move(up.error().message);
  }
  give_up(how_it_ended);
  return false;
}

void ProcessModel::give_up(const std::string& how_it_ended) {
  Error why{ErrorCode::engine_failed,
            fmt::format("{} on {}: its process ended {} times without an inference in between that succeeded, and is "
                        "not started again; the last time: {}",
                        order_.model, device_, kMostCrashes, how_it_ended)};
  {
    MutexLock lock(mutex_);
    given_up_ = why;
  }
  tell("failed", why.message);
  fail_all(true, why);
}

std::size_t ProcessModel::fail_all(bool waiting, const Error& why) {
  std::vector<ProcessRequest*> lost;
  {
    MutexLock lock(mutex_);
    if (waiting) lost = std::exchange(waiting_, {});
    for (const auto& [number, request] : requests_)
      if (!waiting && request->phase_ == ProcessRequest::Phase::running) lost.push_back(request);
    for (ProcessRequest* request : lost) request->phase_ = ProcessRequest::Phase::ending;  // no longer to be cancelled
  }
  for (ProcessRequest* request : lost) complete(*request, fail(why));
  return lost.size();
}

void ProcessModel::tell(const char* kind, std::string text) const {
  if (order_.options.on_event) order_.options.on_event({clock_.now(), kind, device_, std::move(text), {}});
}

}  // namespace inflight
