#include "busy_speed.hpp"

#include <algorithm>
#include <optional>
#include <vector>

#include "mutex.hpp"

namespace inflight {
namespace {

/// Every request starts itself again where it completes: no thread has to keep up with the device.
class BusyModel {
 public:
  BusyModel(CompiledModel& model, Clock& clock, int count)
      : model_(model), clock_(clock), warm_ups_(std::max(1, model.optimal_requests())), count_(count) {}

  Result<double> speed() {
    if (Result<void> created = create_requests(); !created) return fail(std::move(created.error()));
    for (auto& request : requests_) start(*request);
    MutexLock lock(mutex_);
    while (busy_ > 0) idle_.wait(lock);
    if (problem_) return fail(std::move(*problem_));
    return count_ / std::max(1e-9, to_seconds(closed_ - opened_));
  }

 private:
  Result<void> create_requests() {
    for (int i = 0; i < warm_ups_; ++i) {
      Result<std::unique_ptr<InferRequest>> request = model_.create_request();
      if (!request) return fail(std::move(request.error()));
      for (std::size_t port = 0; port < model_.info().inputs.size(); ++port)
        if (Result<TensorView> input = (*request)->input(port); input)
          std::ranges::fill(input->as_bytes(), std::byte{0});  // chance contents may be slow: denormal numbers
      requests_.push_back(std::move(*request));
    }
    MutexLock lock(mutex_);
    busy_ = warm_ups_;
    return {};
  }

  void start(InferRequest& request) {
    Result<void> started = request.start([this, &request](const Outcome& outcome) { ended(request, outcome); });
    if (!started) give_up(std::move(started.error()));
  }

  void ended(InferRequest& request, const Outcome& outcome) {
    if (!outcome) return give_up(outcome.error());
    if (goes_on(clock_.now())) start(request);
  }

  bool goes_on(TimePoint now) {
    MutexLock lock(mutex_);
    ++completed_;
    if (completed_ == warm_ups_) opened_ = now;
    if (completed_ == warm_ups_ + count_) closed_ = now;
    bool more = completed_ < warm_ups_ + count_ && !problem_;
    if (!more) rest();
    return more;
  }

  void give_up(Error why) {
    MutexLock lock(mutex_);
    problem_ = std::move(why);
    rest();
  }

  void rest() INFLIGHT_REQUIRES(mutex_) {
    --busy_;
    idle_.notify_all();
  }

  CompiledModel& model_;
  Clock& clock_;
  const int warm_ups_;
  const int count_;

  Mutex mutex_;
  CondVar idle_;
  int busy_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  int completed_ INFLIGHT_GUARDED_BY(mutex_) = 0;
  TimePoint opened_ INFLIGHT_GUARDED_BY(mutex_);
  TimePoint closed_ INFLIGHT_GUARDED_BY(mutex_);
  std::optional<Error> problem_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<InferRequest>> requests_;  // last: what runs uses what is above
};

}  // namespace

Result<double> measure_busy_speed(CompiledModel& model, Clock& clock, int count) {
  return BusyModel(model, clock, count).speed();
}

}  // namespace inflight
