#include "process_model.hpp"

#include <algorithm>
#include <utility>

#include "process_request.hpp"
#include "request_errors.hpp"
#include "virtual_device.hpp"

namespace inflight {
namespace {

// What a virtual device in a process has to tell, and no more: events are kept.
constexpr double kEventsAtOnce = 1000;
constexpr double kEventsPerSecond = 10;

/// The process may be started again when this program has another working folder.
std::string whole_path(const std::filesystem::path& path) {
  std::error_code unknown;
  std::filesystem::path whole = path.empty() ? path : std::filesystem::absolute(path, unknown);
  return unknown ? path.string() : whole.string();
}

}  // namespace

Result<std::shared_ptr<CompiledModel>> make_process(const std::filesystem::path& model, const std::string& device,
                                                    const CompileOptions& options) {
  CompileOrder order{whole_path(model), device, options};
  order.options.cache_dir = whole_path(options.cache_dir);
  return ProcessModel::create(std::move(order));
}

ProcessModel::ProcessModel(CompileOrder order)
    : order_(std::move(order)),
      device_("PROCESS:" + order_.device),
      clock_(order_.options.clock ? *order_.options.clock : steady_clock()),
      events_left_(kEventsAtOnce, kEventsPerSecond),
      patience_(order_.options.process) {}

Result<std::shared_ptr<CompiledModel>> ProcessModel::create(CompileOrder order) {
  std::shared_ptr<ProcessModel> model(new ProcessModel(std::move(order)));
  Result<Worker> supervisor = Worker::start("model-process", [self = model.get()] { self->supervise(); });
  if (!supervisor) return fail(std::move(supervisor.error()));
  model->supervisor_.emplace(std::move(*supervisor));
  MutexLock lock(model->mutex_);
  while (!model->settled_) model->changed_.wait(lock);
  if (!model->given_up_) return model;
  Error problem = *model->given_up_;
  lock.unlock();  // before the model goes
  return fail(std::move(problem));
}

ProcessModel::~ProcessModel() {
  MutexLock lock(mutex_);
  stopping_ = true;
  if (channel_) channel_->shut_down();
  stop_timer(lock);
}

RuntimeInfo ProcessModel::runtime() const {
  MutexLock lock(mutex_);
  return runtime_;
}

Result<std::unique_ptr<InferRequest>> ProcessModel::create_request() {
  Result<SharedMemory> memory = SharedMemory::create(layout_.bytes);
  if (!memory) return fail(std::move(memory.error()));
  MutexLock lock(mutex_);
  auto request = std::make_unique<ProcessRequest>(*this, ++last_request_, SharedTensors(std::move(*memory), layout_));
  requests_.emplace(request->number_, request.get());
  // Without waiting for an answer: this may be a thread that the answer would come on. Should the device have no room
  // for it, its inferences say so.
  if (up_) send_create(*request);
  return request;
}

void ProcessModel::flush() noexcept {
  MutexLock lock(mutex_);
  Message message;
  message.kind = MessageKind::flush;
  if (up_) outbox_.send(*channel_, message);
}

// ---- requests ----

bool ProcessModel::is_busy(const ProcessRequest& request) {
  MutexLock lock(mutex_);
  return request.phase_ != ProcessRequest::Phase::idle;
}

Result<void> ProcessModel::start(ProcessRequest& request, Done done) {
  MutexLock lock(mutex_);
  if (request.phase_ != ProcessRequest::Phase::idle) return busy();
  if (given_up_) return fail(*given_up_);
  request.done_ = std::move(done);
  request.started_ = steady_clock().now();
  request.cancelled_ = false;
  ++request.run_;
  up_ ? send_run(request) : wait_for_process(request);
  return {};
}

void ProcessModel::send_create(const ProcessRequest& request) {
  Message message;
  message.kind = MessageKind::create;
  message.request = request.number_;
  outbox_.send(*channel_, message, request.tensors_.memory().file());
}

/// What the process has not been told, because it has gone, waits for the next one.
void ProcessModel::send_run(ProcessRequest& request) {
  request.phase_ = ProcessRequest::Phase::running;
  Message message;
  message.kind = MessageKind::run;
  message.request = request.number_;
  message.run = request.run_;
  if (!outbox_.send(*channel_, message)) return wait_for_process(request);
  expect_answer(request);
}

void ProcessModel::wait_for_process(ProcessRequest& request) {
  request.phase_ = ProcessRequest::Phase::waiting;
  waiting_.push_back(&request);
}

void ProcessModel::cancel(ProcessRequest& request) noexcept {
  MutexLock lock(mutex_);
  if (request.phase_ == ProcessRequest::Phase::idle || std::exchange(request.cancelled_, true)) return;
  if (request.phase_ == ProcessRequest::Phase::running && up_) {
    Message message;
    message.kind = MessageKind::cancel;
    message.request = request.number_;
    message.run = request.run_;
    outbox_.send(*channel_, message);
    expect_cancel(request);
  } else if (request.phase_ == ProcessRequest::Phase::waiting) {
    std::erase(waiting_, &request);
    request.phase_ = ProcessRequest::Phase::ending;  // answered on another thread, as completions are
    steady_clock().call_at(steady_clock().now(), [this, &request] {
      complete(request, fail(ErrorCode::cancelled, "the inference was cancelled"));
    });
  }
}

void ProcessModel::leave(ProcessRequest& request) noexcept {
  MutexLock lock(mutex_);
  while (request.phase_ != ProcessRequest::Phase::idle || request.calls_ > 0) changed_.wait(lock);
  requests_.erase(request.number_);
  Message message;
  message.kind = MessageKind::destroy;
  message.request = request.number_;
  if (up_) outbox_.send(*channel_, message);
}

void ProcessModel::complete(ProcessRequest& request, Outcome outcome) {
  Done done;
  {
    MutexLock lock(mutex_);
    done = std::move(request.done_);
    request.phase_ = ProcessRequest::Phase::idle;  // before the call: `done` may start the request again
    ++request.calls_;
  }
  done(std::move(outcome));
  done.reset();  // what it holds on to goes before the destructor lets its caller go on
  MutexLock lock(mutex_);
  --request.calls_;
  changed_.notify_all();
}

}  // namespace inflight
