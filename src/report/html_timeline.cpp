// A timeline as columns. Beginnings and numbers are differences to the one before: a third of the size.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <numeric>

#include "html.hpp"
#include "inflight/detail/joined.hpp"
#include "tracks.hpp"

namespace inflight::report {
namespace {

std::int64_t micros(Duration time) { return std::chrono::duration_cast<std::chrono::microseconds>(time).count(); }

/// `,"name":[1,2,…]`, of numbers or of their differences.
class Columns {
 public:
  template <class Range, class Value>
  Columns& add(std::string_view name, const Range& range, Value value) {
    begin(name);
    for (const auto& element : range) put(value(element));
    return *this;
  }

  template <class Range, class Value>
  Columns& add_differences(std::string_view name, const Range& range, Value value) {
    begin(name);
    std::int64_t before = 0;
    for (const auto& element : range) {
      const auto now = static_cast<std::int64_t>(value(element));
      put(now - before);
      before = now;
    }
    return *this;
  }

  /// As a JSON object.
  std::string object() const { return fmt::format("{{{}{}}}", text_, text_.empty() ? "" : "]"); }

 private:
  void begin(std::string_view name) {
    text_ += fmt::format("{}\"{}\":[", text_.empty() ? "" : "],", name);
    empty_ = true;
  }
  void put(std::int64_t value) {
    if (!std::exchange(empty_, false)) text_ += ',';
    fmt::format_to(std::back_inserter(text_), "{}", value);
  }

  std::string text_;
  bool empty_ = true;
};

std::string requests_data(const Timeline& timeline) {
  std::vector<TimelineRequest> sorted = timeline.requests;
  std::ranges::stable_sort(sorted, {}, &TimelineRequest::submitted);
  using Request = const TimelineRequest&;
  return Columns()
      .add_differences("begin", sorted, [](Request r) { return micros(r.submitted); })
      .add_differences("number", sorted, [](Request r) { return r.number; })
      .add("length", sorted, [](Request r) { return micros(r.completed) - micros(r.submitted); })
      .add("late", sorted, [](Request r) { return micros(r.submitted) - micros(r.intended); })
      .add("lane", sorted, [](Request r) { return r.lane; })
      .add("device", sorted, [](Request r) { return r.device; })
      .add("batch", sorted, [](Request r) { return r.batch; })
      .add("failed", sorted, [](Request r) { return r.failed ? 1 : 0; })
      .object();
}

std::string spans_data(const Timeline& timeline) {
  std::vector<TimelineSpan> sorted = timeline.spans;
  std::ranges::stable_sort(sorted, {}, &TimelineSpan::begin);
  using Span = const TimelineSpan&;
  return Columns()
      .add_differences("begin", sorted, [](Span s) { return micros(s.begin); })
      .add_differences("frame", sorted, [](Span s) { return s.frame; })
      .add("length", sorted, [](Span s) { return micros(s.end) - micros(s.begin); })
      .add("thread", sorted, [](Span s) { return s.thread; })
      .add("stage", sorted, [](Span s) { return s.stage; })
      .object();
}

std::string batches_data(const Timeline& timeline) {
  const std::vector<Batch> batches = batches_of(timeline);
  return Columns()
      .add("begin", batches, [](const Batch& b) { return micros(b.begin); })
      .add("length", batches, [](const Batch& b) { return micros(b.end) - micros(b.begin); })
      .add("number", batches, [](const Batch& b) { return b.first; })
      .add("device", batches, [](const Batch& b) { return b.device; })
      .add("size", batches, [](const Batch& b) { return b.size; })
      .object();
}

std::string strings(const std::vector<std::string>& texts) {
  return fmt::format("[{}]", detail::joined(texts, ",", script_string));
}

std::string events_data(const std::vector<Event>& events) {
  const auto object = [](const Event& event) {
    return fmt::format(R"({{"at":{},"kind":{},"device":{},"text":{}}})", micros(event.at), script_string(event.kind),
                       script_string(event.device), script_string(event.text));
  };
  return fmt::format("[{}]", detail::joined(events, ",", object));
}

}  // namespace

std::string script_data(const Timeline& timeline) {
  return fmt::format(
      R"({{"length":{},"devices":{},"threads":{},"stages":{},"requests":{},"spans":{},"batches":{},"events":{}}})",
      micros(timeline.length), strings(timeline.devices), strings(timeline.threads), strings(timeline.stages),
      requests_data(timeline), spans_data(timeline), batches_data(timeline), events_data(timeline.events));
}

}  // namespace inflight::report
