// Google's "Trace Event Format": complete events ("X") on tracks that metadata events ("M") name; instants ("i") for
// what the devices did. What viewers call processes are here the four kinds of track.
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>

#include "inflight/timeline.hpp"
#include "json.hpp"
#include "tracks.hpp"

namespace inflight {
namespace {

using report::Batch;
using report::TrackRows;

enum Kind : int { kThreads = 1, kRequests = 2, kDevices = 3, kBatches = 4 };

/// Microseconds, to the nanosecond.
std::string micros(Duration time) {
  const std::int64_t ns = time.count();
  return fmt::format("{}{}.{:03}", ns < 0 ? "-" : "", std::abs(ns) / 1000, std::abs(ns) % 1000);
}

std::string quoted(const std::string& text) {
  return report::Json(text).dump(-1, ' ', false, report::Json::error_handler_t::replace);
}

std::vector<std::string> quoted(const std::vector<std::string>& texts) {
  std::vector<std::string> all;
  for (const std::string& text : texts) all.push_back(quoted(text));
  return all;
}

/// Writes events one by one, so that a trace costs no memory of its own.
class TraceFile {
 public:
  /// `zero`: what the trace begins with; viewers do not show what lies before 0.
  TraceFile(const std::filesystem::path& path, Duration zero) : file_(std::fopen(path.c_str(), "w")), zero_(zero) {
    if (!file_) return;
    std::setvbuf(file_, nullptr, _IOFBF, std::size_t{1} << 18);
    std::fputs("{\"displayTimeUnit\": \"ms\", \"traceEvents\": [", file_);
  }
  ~TraceFile() {
    if (file_) std::fclose(file_);
  }
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;
  bool is_open() const noexcept { return file_ != nullptr; }

  struct Slice {
    int kind;
    std::size_t track;
    Duration begin, end;
    std::string_view name;  ///< quoted
    std::string_view args;  ///< the inside of a JSON object
  };
  void slice(const Slice& s) {
    write(fmt::format(R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":{},"args":{{{}}}}})", s.kind, s.track,
                      micros(s.begin - zero_), micros(std::max(Duration{0}, s.end - s.begin)), s.name, s.args));
  }
  void instant(Duration at, std::string_view name, std::string_view args) {
    write(fmt::format(R"({{"ph":"i","s":"g","pid":{},"tid":0,"ts":{},"name":{},"args":{{{}}}}})", int{kDevices},
                      micros(at - zero_), name, args));
  }
  void name_kind(int kind, std::string_view name) {
    write(fmt::format(R"({{"ph":"M","pid":{0},"name":"process_name","args":{{"name":"{1}"}}}})", kind, name));
    write(fmt::format(R"({{"ph":"M","pid":{0},"name":"process_sort_index","args":{{"sort_index":{0}}}}})", kind));
  }
  void name_track(int kind, std::size_t track, const std::string& name) {
    write(fmt::format(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":{}}}}})", kind, track,
                      quoted(name)));
    write(fmt::format(R"({{"ph":"M","pid":{0},"tid":{1},"name":"thread_sort_index","args":{{"sort_index":{1}}}}})",
                      kind, track));
  }

  /// False: not everything could be written.
  bool finish() {
    std::fputs("\n]}\n", file_);
    const bool good = std::ferror(file_) == 0;
    return std::fclose(std::exchange(file_, nullptr)) == 0 && good;
  }

 private:
  void write(const std::string& event) {
    std::fputs(std::exchange(between_, ",\n"), file_);
    std::fwrite(event.data(), 1, event.size(), file_);
  }

  std::FILE* file_;
  const Duration zero_;
  const char* between_ = "\n";
};

void write_threads(TraceFile& file, const Timeline& timeline) {
  file.name_kind(kThreads, "threads");
  for (std::size_t i = 0; i < timeline.threads.size(); ++i) file.name_track(kThreads, i, timeline.threads[i]);
  const std::vector<std::string> stages = quoted(timeline.stages);
  for (const TimelineSpan& span : timeline.spans) {
    const std::string args = fmt::format(R"("frame":{})", span.frame);
    file.slice({kThreads, span.thread, span.begin, span.end, stages[span.stage], args});
  }
}

void write_lanes(TraceFile& file, const Timeline& timeline) {
  file.name_kind(kRequests, "requests");
  std::set<std::uint32_t> lanes;
  for (const TimelineRequest& request : timeline.requests) lanes.insert(request.lane);
  for (const std::uint32_t lane : lanes) file.name_track(kRequests, lane, fmt::format("request {}", lane));
  const std::vector<std::string> devices = quoted(timeline.devices);
  for (const TimelineRequest& r : timeline.requests) {
    const std::string args = fmt::format(R"("device":{},"batch":{},"late_ms":{:.3f},"failed":{})", devices[r.device],
                                         r.batch, to_ms(r.submitted - r.intended), r.failed);
    file.slice({kRequests, r.lane, r.submitted, r.completed, fmt::format("\"#{}\"", r.number), args});
  }
}

/// Rows of one device stand together.
std::size_t device_track(std::size_t device, std::size_t row) { return device * 10000 + row; }

void write_devices(TraceFile& file, const Timeline& timeline) {
  file.name_kind(kDevices, "devices");
  std::vector<TrackRows> rows(timeline.devices.size());
  for (const std::uint32_t index : report::by_submission(timeline)) {
    const TimelineRequest& r = timeline.requests[index];
    const std::size_t track = device_track(r.device, rows[r.device].place(r.submitted, r.completed));
    const std::string args = fmt::format(R"("batch":{})", r.batch);
    file.slice({kDevices, track, r.submitted, r.completed, fmt::format("\"#{}\"", r.number), args});
  }
  for (std::size_t device = 0; device < rows.size(); ++device)
    for (std::size_t row = 0; row < rows[device].count(); ++row)
      file.name_track(kDevices, device_track(device, row), timeline.devices[device]);
}

void write_batches(TraceFile& file, const Timeline& timeline) {
  file.name_kind(kBatches, "batches");
  TrackRows rows;
  for (const Batch& batch : report::batches_of(timeline)) {
    const std::string name = quoted(fmt::format("{} × {}", batch.size, timeline.devices[batch.device]));
    const std::string args = fmt::format(R"("first_request":{})", batch.first);
    file.slice({kBatches, rows.place(batch.begin, batch.end), batch.begin, batch.end, name, args});
  }
  for (std::size_t row = 0; row < rows.count(); ++row) file.name_track(kBatches, row, "batches");
}

void write_events(TraceFile& file, const Timeline& timeline) {
  for (const Event& event : timeline.events) {
    const std::string name = quoted(event.device.empty() ? event.kind : event.device + " " + event.kind);
    file.instant(event.at, name, "\"text\":" + quoted(event.text));
  }
}

/// Devices begin to compile before a run begins.
Duration first_time(const Timeline& timeline) {
  Duration first{0};
  for (const Event& event : timeline.events) first = std::min(first, event.at);
  return first;
}

}  // namespace

Result<void> write_chrome_trace(const Timeline& timeline, const std::filesystem::path& path) {
  TraceFile file(path, first_time(timeline));
  if (!file.is_open())
    return fail(ErrorCode::unwritable_output,
                fmt::format("{}: {}; choose another output path", path.string(), std::strerror(errno)));
  write_threads(file, timeline);
  write_lanes(file, timeline);
  write_devices(file, timeline);
  write_batches(file, timeline);
  write_events(file, timeline);
  if (file.finish()) return {};
  return fail(ErrorCode::output_failed, fmt::format("{}: cannot be written; is the disk full?", path.string()));
}

}  // namespace inflight
