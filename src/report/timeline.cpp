#include "inflight/timeline.hpp"

#include <algorithm>

#include "first_and_newest.hpp"
#include "hidden.hpp"
#include "inflight/engine.hpp"
#include "mutex.hpp"

namespace inflight {
namespace {

/// The place of `name` among the few that there are.
std::uint32_t index_of(std::string_view name, std::vector<std::string>& names) {
  const auto found = std::ranges::find(names, name);
  const auto index = static_cast<std::uint32_t>(found - names.begin());
  if (found == names.end()) names.emplace_back(name);
  return index;
}

Duration end_of(const Timeline& timeline) {
  Duration end{0};
  for (const TimelineRequest& request : timeline.requests) end = std::max(end, request.completed);
  for (const TimelineSpan& span : timeline.spans) end = std::max(end, span.end);
  for (const Event& event : timeline.events) end = std::max(end, event.at);
  return end;
}

}  // namespace

class INFLIGHT_HIDDEN TimelineRecorder::State {
 public:
  explicit State(const TimelineCapacity& capacity)
      : requests_(capacity.requests), spans_(capacity.spans), events_(capacity.events) {}

  void start(TimePoint now) {
    MutexLock lock(mutex_);
    start_ = now;
  }

  void add(const Request& r) {
    MutexLock lock(mutex_);
    requests_.add({.number = r.number,
                   .intended = r.intended - start_,
                   .submitted = r.submitted - start_,
                   .completed = r.completed - start_,
                   .lane = r.lane,
                   .device = index_of(r.device, devices_),
                   .batch = r.batch,
                   .failed = r.failed});
  }

  void add(const Span& s) {
    MutexLock lock(mutex_);
    spans_.add({.thread = index_of(s.thread, threads_),
                .stage = index_of(s.stage, stages_),
                .frame = s.frame,
                .begin = s.begin - start_,
                .end = s.end - start_});
  }

  void add(const DeviceEvent& e) {
    MutexLock lock(mutex_);
    events_.add({e.at - start_, e.kind, e.text, e.device, e.inferences_per_second});
  }

  Timeline take() {
    MutexLock lock(mutex_);
    Timeline timeline;
    timeline.left_out = requests_.left_out() + spans_.left_out() + events_.left_out();
    timeline.devices = devices_;
    timeline.threads = threads_;
    timeline.stages = stages_;
    timeline.requests = requests_.take();
    timeline.spans = spans_.take();
    timeline.events = events_.take();
    std::ranges::stable_sort(timeline.events, {}, &Event::at);
    timeline.length = end_of(timeline);
    return timeline;
  }

 private:
  Mutex mutex_;
  TimePoint start_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<std::string> devices_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<std::string> threads_ INFLIGHT_GUARDED_BY(mutex_);
  std::vector<std::string> stages_ INFLIGHT_GUARDED_BY(mutex_);
  report::FirstAndNewest<TimelineRequest> requests_ INFLIGHT_GUARDED_BY(mutex_);
  report::FirstAndNewest<TimelineSpan> spans_ INFLIGHT_GUARDED_BY(mutex_);
  report::FirstAndNewest<Event> events_ INFLIGHT_GUARDED_BY(mutex_);
};

TimelineRecorder::TimelineRecorder(const TimelineCapacity& capacity) : state_(std::make_unique<State>(capacity)) {}
TimelineRecorder::TimelineRecorder(TimelineRecorder&&) noexcept = default;
TimelineRecorder& TimelineRecorder::operator=(TimelineRecorder&&) noexcept = default;
TimelineRecorder::~TimelineRecorder() = default;

void TimelineRecorder::start(TimePoint now) noexcept { state_->start(now); }
void TimelineRecorder::request(const Request& request) { state_->add(request); }
void TimelineRecorder::span(const Span& span) { state_->add(span); }
void TimelineRecorder::event(const DeviceEvent& event) { state_->add(event); }
Timeline TimelineRecorder::take() { return state_->take(); }

}  // namespace inflight
