// What happened when: every request, every step of every frame, and what the devices did.
//
//   inflight::TimelineRecorder recorder;
//   recorder.start(clock.now());
//   recorder.request({.number = 0, .intended = due, .submitted = begin, .completed = end, .device = "ov:CPU"});
//   inflight::write_chrome_trace(recorder.take(), "trace.json");  // opens in ui.perfetto.dev
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inflight/api.hpp"
#include "inflight/clock.hpp"
#include "inflight/result.hpp"

namespace INFLIGHT_API inflight {

struct DeviceEvent;  // engine.hpp

/// Something that happened besides frames.
struct Event {
  Duration at{0};  ///< since the start of the run; negative for what a device did before it
  std::string kind{};
  std::string text{};
  std::string device{};                           ///< of whom it tells, as a device string; else empty
  std::optional<double> inferences_per_second{};  ///< of that device, where it was measured
};

/// One inference. Times since the start of the run.
struct TimelineRequest {
  std::uint64_t number = 0;
  Duration intended{0};      ///< when it was due; = submitted where nothing paced it
  Duration submitted{0};     ///< when the engine was given it
  Duration completed{0};     ///< when its result was there
  std::uint32_t lane = 0;    ///< which pooled request ran it
  std::uint32_t device = 0;  ///< index into Timeline::devices
  int batch = 1;             ///< how many requests ran together
  bool failed = false;
};

/// One step of one frame. Times since the start of the run.
struct TimelineSpan {
  std::uint32_t thread = 0;  ///< index into Timeline::threads
  std::uint32_t stage = 0;   ///< index into Timeline::stages
  std::uint64_t frame = 0;
  Duration begin{0}, end{0};
};

struct Timeline {
  std::vector<std::string> devices{}, threads{}, stages{};  ///< the names, in the order in which they were met
  std::vector<TimelineRequest> requests{};                  ///< in the order of completion
  std::vector<TimelineSpan> spans{};                        ///< in the order of their ends
  std::vector<Event> events{};                              ///< in the order of time
  Duration length{0};                                       ///< from the start to the end of the last of them
  std::uint64_t left_out = 0;                               ///< requests, spans and events for which there was no room
};

/// How much is kept; the memory is taken up front. When there is more, the first half and the newest half are kept,
/// and what lay between is counted.
struct TimelineCapacity {
  std::size_t requests = std::size_t{1} << 17;  ///< 48 bytes each
  std::size_t spans = std::size_t{1} << 19;     ///< 32 bytes each; a frame has four or five
  std::size_t events = 1000;
};

/// Thread-safe. Recording takes a lock for some ten nanoseconds and allocates only for names and events.
class TimelineRecorder {
 public:
  /// As a TimelineRequest, in the clock's time.
  struct Request {
    std::uint64_t number = 0;
    TimePoint intended{}, submitted{}, completed{};
    std::uint32_t lane = 0;
    std::string_view device{};  ///< copied
    int batch = 1;
    bool failed = false;
  };
  /// As a TimelineSpan, in the clock's time.
  struct Span {
    std::string_view thread{};  ///< copied
    std::string_view stage{};   ///< copied
    std::uint64_t frame = 0;
    TimePoint begin{}, end{};
  };

  explicit TimelineRecorder(const TimelineCapacity& capacity = {});
  TimelineRecorder(TimelineRecorder&&) noexcept;
  TimelineRecorder& operator=(TimelineRecorder&&) noexcept;
  ~TimelineRecorder();

  /// Times count from here. Before anything is recorded.
  void start(TimePoint now) noexcept;
  void request(const Request& request);
  void span(const Span& span);
  void event(const DeviceEvent& event);

  /// What was recorded since the start or the last take(). Nothing else may be recorded meanwhile.
  Timeline take();

 private:
  class State;
  std::unique_ptr<State> state_;
};

/// As Chrome-trace JSON, for ui.perfetto.dev or chrome://tracing: a track for each thread, for each pooled request,
/// for each device (as many rows as it served requests at once) and for batches; events as instants.
/// Errors: unwritable_output, output_failed.
Result<void> write_chrome_trace(const Timeline& timeline, const std::filesystem::path& path);

}  // namespace INFLIGHT_API inflight
