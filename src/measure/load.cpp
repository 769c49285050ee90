#include "load.hpp"

#include <algorithm>
#include <cstring>

#include "arrival_times.hpp"
#include "usage.hpp"
#include "wait.hpp"

namespace inflight {

Load::Load(const LoadOptions& options, InferQueue queue)
    : options_(options),
      clock_(options.clock ? *options.clock : steady_clock()),
      queue_(std::move(queue)),
      log_(options) {}

Result<LoadSummary> Load::run() {
  LoadSummary summary;
  if (options_.warm_up) {
    Result<Duration> first = warm_up();
    if (!first) return fail(std::move(first.error()));
    summary.first_inference = *first;
  }
  Duration cpu = process_cpu_time();
  start_ = now();
  log_.start(start_);
  if (options_.recorder) options_.recorder->start(start_);
  play();
  // Beyond this point no new inferences start.
  queue_.wait_all();
  if (error_) return fail(std::move(*error_));
  log_.write_to(summary);
  summary.cpu_s = to_seconds(process_cpu_time() - cpu);
  if (options_.operation_times) read_operations(summary);
  summary.peak_rss_mb = peak_rss_mb();
  summary.requests = queue_.stats().requests;
  summary.interrupted = options_.interrupted && options_.interrupted();
  return summary;
}

void Load::read_operations(LoadSummary& summary) {
  std::vector<InferQueue::Slot> slots;  // held, so that each is another request
  while (Result<InferQueue::Slot> slot = queue_.try_acquire()) {
    Result<std::vector<OperationTime>> times = slot->request().operation_times();
    slots.push_back(std::move(*slot));
    if (!times) return void(summary.no_operations = times.error().message);
    if (!times->empty()) summary.operations.push_back(std::move(*times));
  }
}

Result<Duration> Load::warm_up() {
  Result<InferQueue::Slot> slot = prepared();
  if (!slot) return fail(std::move(slot.error()));
  TimePoint begin = now();
  Completed first = std::move(*slot).submit().get();
  if (!first.outcome) return fail(std::move(first.outcome.error()));
  return now() - begin;
}

void Load::play() {
  if (options_.synchronous) return play_synchronously();
  switch (options_.arrivals) {
    case Arrivals::closed:
      return play_closed();
    case Arrivals::bursts:
      return play_bursts();
    case Arrivals::even:
    case Arrivals::poisson:
      return play_paced();
  }
}

bool Load::goes_on() {
  if (error_ || (options_.interrupted && options_.interrupted())) return false;
  return asked_ < options_.iterations || now() - start_ < options_.duration;
}

void Load::play_closed() {
  while (goes_on()) ask(now());
}

void Load::play_synchronously() {
  Result<InferQueue::Slot> slot = prepared();
  for (; slot && goes_on(); ++asked_) {
    if (options_.refill_inputs && !fill(*slot)) return;
    TimePoint begin = now();
    Outcome outcome = infer(slot->request());
    log_.answered({asked_, begin, begin}, outcome, 0, now());
  }
}

void Load::play_paced() {
  ArrivalTimes arrivals(options_);
  while (goes_on()) {
    TimePoint due = start_ + arrivals.next();
    // Those that are due after the end of the run are not of it.
    if (asked_ >= options_.iterations && due - start_ >= options_.duration)
      return wait_until(clock_, start_ + options_.duration);
    wait_until(clock_, due);
    ask(due);
  }
}

namespace {

/// Inferences asked for at once, to wait for together.
class Burst {
 public:
  explicit Burst(int count) : left_(count) {}
  void answered() {
    MutexLock lock(mutex_);
    if (--left_ == 0) over_.notify_one();
  }
  void wait() {
    MutexLock lock(mutex_);
    while (left_ > 0) over_.wait(lock);
  }

 private:
  Mutex mutex_;
  CondVar over_;
  int left_ INFLIGHT_GUARDED_BY(mutex_);
};

}  // namespace

void Load::play_bursts() {
  while (goes_on()) {
    TimePoint begin = now();
    Burst burst(options_.burst);
    for (int i = 0; i < options_.burst; ++i) {
      Result<InferQueue::Slot> slot = prepared();
      Asked asked{asked_++, begin, now()};
      auto answered = [this, asked, &burst](const Completed& done) {
        log_.answered(asked, done.outcome, done.slot ? done.slot.index() : 0, now());
        burst.answered();
      };
      if (!slot || !submit(std::move(*slot), answered)) burst.answered();
    }
    queue_.model().flush();  // nothing else comes before these are answered
    burst.wait();
    log_.query_answered(now() - begin);
  }
}

void Load::ask(TimePoint due) {
  Result<InferQueue::Slot> slot = prepared();
  if (!slot) return;
  Asked asked{asked_++, due, now()};
  if (options_.arrivals == Arrivals::closed) asked.due = asked.submitted;
  submit(std::move(*slot), [this, asked](const Completed& done) {
    log_.answered(asked, done.outcome, done.slot ? done.slot.index() : 0, now());
  });
}

bool Load::submit(InferQueue::Slot slot, InferQueue::Completion done) {
  Result<Ticket> ticket = std::move(slot).submit(std::move(done));
  if (!ticket) error_ = std::move(ticket.error());
  return ticket.has_value();
}

/// A free request whose inputs are set. Where there is none, error_ says why.
Result<InferQueue::Slot> Load::prepared() {
  Result<InferQueue::Slot> slot = queue_.acquire();
  Result<void> ready;
  if (slot) ready = fill(*slot);
  if (!ready) slot = fail(std::move(ready.error()));
  if (!slot) error_ = slot.error();
  return slot;
}

/// By reference for each inference; else once, by value, so that the request reads memory of its own.
Result<void> Load::fill(InferQueue::Slot& slot) {
  if (options_.inputs.empty()) return {};
  std::size_t index = slot.index();
  if (filled_.size() <= index) filled_.resize(index + 1);
  if (!options_.refill_inputs && filled_[index]) return {};
  filled_[index] = true;
  const std::vector<Tensor>& set = options_.inputs[(options_.refill_inputs ? asked_ : index) % options_.inputs.size()];
  for (std::size_t port = 0; port < set.size(); ++port) {
    if (options_.refill_inputs) {
      if (Result<void> taken = slot.request().set_input(port, set[port]); !taken) return taken;
      continue;
    }
    Result<TensorView> memory = slot.input(port);
    if (!memory) return fail(std::move(memory.error()));
    std::ranges::copy(set[port].view().as_bytes(), memory->as_bytes().begin());
  }
  return {};
}

namespace {

Result<void> check(const LoadOptions& options) {
  auto refuse = [](const char* why) { return fail(ErrorCode::invalid_argument, why); };
  bool paced = options.arrivals == Arrivals::even || options.arrivals == Arrivals::poisson;
  if (options.iterations == 0 && options.duration <= Duration{0})
    return refuse("a load needs an end: a number of iterations or a duration");
  if (paced && !(options.rate > 0)) return refuse("a paced load needs a rate above 0");
  if (options.burst < 1) return refuse("a burst has at least 1 inference");
  if (options.requests < 0) return refuse("requests must be at least 1");
  if (options.synchronous && options.arrivals != Arrivals::closed)
    return refuse("a synchronous load waits for each inference; arrivals of their own need the asynchronous one");
  if (options.synchronous && options.requests > 1) return refuse("a synchronous load has one request");
  return {};
}

Result<void> check_inputs(const ModelInfo& model, const InputData& inputs) {
  for (const std::vector<Tensor>& set : inputs) {
    if (set.size() != model.inputs.size())
      return fail(ErrorCode::invalid_argument, "a set of inputs has one tensor for each input of the model");
    for (std::size_t port = 0; port < set.size(); ++port) {
      const Port& wanted = model.inputs[port];
      if (set[port].view().type() != wanted.type || set[port].view().shape() != wanted.shape)
        return fail(ErrorCode::invalid_argument,
                    "input \"" + wanted.name + "\" takes " + to_string(wanted.type) + " " + to_string(wanted.shape));
    }
  }
  return {};
}

InferQueueOptions queue_options(const LoadOptions& options) {
  InferQueueOptions queue;
  queue.requests = options.synchronous ? 1 : options.requests;
  queue.times_optimal = options.times_optimal;
  // Of what waits for a request nothing is known to the device; a batch gathers only what it was given.
  if (queue.requests == 0 && options.arrivals == Arrivals::bursts) queue.requests = options.burst;
  queue.dispatch = Dispatch::engine_thread;  // an answer is only counted
  queue.clock = options.clock;
  return queue;
}

}  // namespace

Result<LoadSummary> run_load(const std::shared_ptr<CompiledModel>& model, const LoadOptions& options) {
  if (Result<void> ok = check(options); !ok) return fail(std::move(ok.error()));
  if (Result<void> ok = check_inputs(model->info(), options.inputs); !ok) return fail(std::move(ok.error()));
  Result<InferQueue> queue = InferQueue::create(model, queue_options(options));
  if (!queue) return fail(std::move(queue.error()));
  Result<LoadSummary> summary = Load(options, std::move(*queue)).run();
  if (!summary || model->info().inputs.empty()) return summary;
  const Shape& shape = model->info().inputs.front().shape;
  if (shape.rank() > 1) summary->batch = std::max<std::int64_t>(1, shape[0]);
  return summary;
}

}  // namespace inflight
