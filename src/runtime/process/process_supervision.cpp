// The thread of a ProcessModel: the life of its process.
#include <fmt/format.h>

#include <algorithm>

#include "printable.hpp"
#include "process_request.hpp"

namespace inflight {
namespace {

/// A model that ends its process every time is not going to stop doing so.
constexpr int kMostCrashes = 3;
/// Names that a process has for its devices.
constexpr std::size_t kMostDevices = 256;
constexpr std::size_t kLongestDevice = 256;

tl::unexpected<Error> cannot_be(std::string what) { return fail(ErrorCode::internal, std::move(what)); }

bool refuses(const Message& message) noexcept {
  return message.kind == MessageKind::compiled && message.error != Message::kNoError;
}

/// Errors: device_unusable (it did not arrive), internal (it cannot be).
Result<CompiledState> compiled_state(Received& received) {
  if (received.message.kind != MessageKind::compiled) return cannot_be("an inference before the model was compiled");
  if (!received.memory)
    return fail(ErrorCode::device_unusable,
                "what the process of a model said did not arrive; check the limit on open files");
  Result<std::vector<std::byte>> content = received.content();
  return content ? decode_state(*content) : cannot_be(content.error().message);
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
  outbox_.clear();
  compiled_by_.reset();
  return !stopping_;
}

/// An error without a message: the process ended meanwhile, or was ended.
Result<CompiledState> ProcessModel::compile_in(const ChildProcess& child) {
  expect_compiled();
  Message message;
  message.kind = MessageKind::compile;
  child.channel().send(message, encode(order_), WhenFull::drop);  // there is room for the first
  Result<Received> received = hear(child.channel());
  while (received && received->message.kind == MessageKind::event) {
    Result<void> told = forward(std::move(*received));
    received = told ? hear(child.channel()) : fail(std::move(told.error()));
  }
  MutexLock lock(mutex_);
  compiled_by_.reset();
  if (received && refuses(received->message)) return fail(received->error());
  Result<CompiledState> state = received ? compiled_state(*received) : fail(std::move(received.error()));
  if (state || state.error().code == ErrorCode::device_unusable) return state;
  if (state.error().code != ErrorCode::closed) end_as("said what cannot be: " + state.error().message);
  return fail(ErrorCode::device_unusable, "");
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
  answered_ = clock_.now();
  for (const auto& [number, request] : requests_) send_create(*request);
  for (ProcessRequest* request : std::exchange(waiting_, {})) send_run(*request);
}

// ---- it serves ----

/// What the process says next; meanwhile it is sent what it had no room for. Errors: closed; internal (what it may not
/// say).
Result<Received> ProcessModel::hear(const Channel& channel) {
  while (true) {
    MutexLock lock(mutex_);
    outbox_.calm();
    outbox_.go_on(channel);
    bool full = !outbox_.empty();
    int waker = outbox_.waker();
    lock.unlock();
    if (channel.wait_for_message(waker, full)) break;
  }
  Result<Received> received = channel.receive();
  if (!received) return received;
  if (Result<void> good = check_answer(received->message); !good) return fail(std::move(good.error()));
  return received;
}

void ProcessModel::serve(const Channel& channel) {
  while (true) {
    Result<Received> received = hear(channel);
    Result<void> taken = received ? take(std::move(*received)) : fail(std::move(received.error()));
    if (taken) continue;
    MutexLock lock(mutex_);
    if (taken.error().code != ErrorCode::closed && fault_.empty())
      fault_ = "said what cannot be: " + taken.error().message;
    return;
  }
}

Result<void> ProcessModel::take(Received received) {
  if (received.message.kind == MessageKind::completed) return completed(std::move(received));
  if (received.message.kind == MessageKind::event) return forward(std::move(received));
  return cannot_be("that the model is compiled, twice");
}

Result<void> ProcessModel::completed(Received received) {
  const Message& message = received.message;
  ProcessRequest* request = nullptr;
  Outcome outcome;
  {
    MutexLock lock(mutex_);
    auto found = requests_.find(message.request);
    bool asked = found != requests_.end() && found->second->phase_ == ProcessRequest::Phase::running &&
                 found->second->run_ == message.run;
    if (!asked) return cannot_be(fmt::format("the end of an inference that was not asked for ({})", message.request));
    request = found->second;
    Result<Outcome> told = outcome_of(received, *request);
    if (!told) return fail(std::move(told.error()));
    outcome = std::move(*told);
    answered_ = clock_.now();
    patience_.answered(answered_ - request->sent_);
    --running_;
    request->phase_ = ProcessRequest::Phase::ending;  // no longer to be cancelled
  }
  if (message.optimal_requests > 0) optimal_requests_ = message.optimal_requests;
  if (outcome) crashes_ = 0;
  complete(*request, std::move(outcome));
  return {};
}

Result<Outcome> ProcessModel::outcome_of(Received& received, const ProcessRequest& request) {
  const Message& message = received.message;
  if (message.error != Message::kNoError) return Outcome(fail(received.error()));
  auto device = devices_.find(message.device());
  if (device == devices_.end()) {
    if (devices_.size() == kMostDevices) return cannot_be("more devices than there can be");
    device = devices_.emplace(message.device(), "PROCESS:" + printable(message.device(), kLongestDevice)).first;
  }
  return Outcome(Served{device->second, message.batch, steady_clock().now() - request.started_});
}

Result<void> ProcessModel::forward(Received received) {
  if (!events_left_.take(clock_.now())) return cannot_be("more events than there can be");
  if (!received.memory) return {};  // there was no room for it; it tells of nothing that is needed
  Result<std::vector<std::byte>> content = received.content();
  if (!content) return cannot_be(content.error().message);
  Result<ForwardedEvent> forwarded = decode_event(*content);
  if (!forwarded) return fail(std::move(forwarded.error()));
  if (forwarded->runtime) {
    MutexLock lock(mutex_);
    runtime_ = std::move(*forwarded->runtime);
    runtime_.device = "PROCESS:" + runtime_.device;
  }
  forwarded->event.at = clock_.now();
  if (order_.options.on_event) order_.options.on_event(forwarded->event);
  return {};
}

// ---- it ends ----

/// "process 1234 was killed by …", or what it did that it was ended for.
std::string ProcessModel::take_down(std::optional<ChildProcess>& child) {
  std::string who = fmt::format("process {} ", child->id());
  std::string how = child->end();
  child.reset();
  MutexLock lock(mutex_);
  return who + (fault_.empty() ? how : fault_ + ", and was ended");
}

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
  std::vector<bool> cancelled;
  {
    MutexLock lock(mutex_);
    if (waiting) lost = std::exchange(waiting_, {});
    for (const auto& [number, request] : requests_)
      if (!waiting && request->phase_ == ProcessRequest::Phase::running) lost.push_back(request);
    for (ProcessRequest* request : lost) {
      request->phase_ = ProcessRequest::Phase::ending;  // no longer to be cancelled
      cancelled.push_back(request->cancelled_);
    }
    if (!waiting) running_ = 0;
  }
  for (std::size_t i = 0; i < lost.size(); ++i)
    complete(*lost[i], fail(cancelled[i] ? Error{ErrorCode::cancelled, "the inference was cancelled"} : why));
  return lost.size();
}

void ProcessModel::tell(const char* kind, std::string text) const {
  if (order_.options.on_event) order_.options.on_event({clock_.now(), kind, device_, std::move(text), {}});
}

}  // namespace inflight
