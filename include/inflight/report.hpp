// What a run was worth: the numbers, and the same numbers as text, JSON and HTML.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "inflight/api.hpp"
#include "inflight/clock.hpp"
#include "inflight/timeline.hpp"

namespace INFLIGHT_API inflight {

/// A histogram of durations in bounded memory: 38 KiB, taken when it is made, so that recording takes none and the
/// object fits on any stack. Relative error ≤ 1/256 from 0 to 4 hours; minimum and maximum are exact. Negative
/// durations count as 0. One writer at a time. One that was moved from may only be assigned to.
class Histogram {
 public:
  void record(Duration value) noexcept;
  void merge(const Histogram& other) noexcept;
  std::uint64_t count() const noexcept { return count_; }
  Duration mean() const noexcept;
  Duration min() const noexcept { return min_; }
  Duration max() const noexcept { return max_; }
  /// The smallest recorded value that at least `share` (0..1] of all values do not exceed ("nearest rank"),
  /// never outside [min(), max()]. 0 when empty.
  Duration percentile(double share) const noexcept;
  /// How many values do not exceed `value`, as exactly as the buckets allow.
  std::uint64_t count_up_to(Duration value) const noexcept;
  Duration sum() const noexcept { return Duration(static_cast<Duration::rep>(sum_ns_)); }

 private:
  // 128 equal buckets per power of two of nanoseconds, up to 2^44 ns (4.9 hours); one each below 256 ns.
  static constexpr int kSubBits = 7;
  static constexpr int kMaxBits = 44;
  static constexpr std::size_t kBuckets = std::size_t{kMaxBits - kSubBits + 1} << kSubBits;
  static std::size_t bucket_of(Duration value) noexcept;
  static Duration middle_of(std::size_t bucket) noexcept;

  std::vector<std::uint64_t> buckets_ = std::vector<std::uint64_t>(kBuckets);
  std::uint64_t count_ = 0;
  double sum_ns_ = 0;  // a double cannot overflow, and is exact for the first hundred days
  Duration min_{0}, max_{0};
};

/// How many frames ended how. `read` = `emitted` + all dropped + all failed at the end of every run.
struct FrameCounts {
  std::uint64_t read = 0;
  std::uint64_t emitted = 0;
  std::map<std::string, std::uint64_t> dropped{};  ///< by reason
  std::map<std::string, std::uint64_t> failed{};   ///< by reason
  std::uint64_t total_dropped() const noexcept;
  std::uint64_t total_failed() const noexcept;
  bool adds_up() const noexcept { return read == emitted + total_dropped() + total_failed(); }
};

/// One step of a frame's way: "decode", "preprocess", "infer", "postprocess", "sink".
struct StageSummary {
  std::string name{};
  std::optional<double> core_ms{};  ///< processor time per frame, measured alone (calibration)
  double p50_ms = 0;                ///< wall time per frame, in this run
  double p99_ms = 0;
  double utilisation = 0;  ///< share of the run in which the stage was at work; infer: of its execution streams
};

struct EngineSummary {
  std::string engine{}, device{}, precision{};
  int requests = 0;
  int execution_streams = 0;
  std::optional<double> ceiling_fps{};  ///< of the engine alone, all requests busy (calibration)
};

struct LatencySummary {
  double p50 = 0, p90 = 0, p95 = 0, p99 = 0, max = 0;  ///< milliseconds
};
LatencySummary summarise(const Histogram& histogram) noexcept;

/// One of the models of a run.
struct ModelSummary {
  std::string name{};
  EngineSummary engine{};
  std::uint64_t inferences = 0;
  double infer_s = 0;  ///< wall time from start to completion, summed over its inferences
  double p50_ms = 0, p99_ms = 0;
};

/// One of the sources of a run.
struct SourceSummary {
  std::uint32_t id = 0;
  std::string name{};
  int priority = 0;
  FrameCounts frames{};
  double fps = 0;            ///< emitted frames ÷ time from its first frame to its last
  LatencySummary latency{};  ///< until results were ready for the sinks
  /// From reading (or arrival) until the last sink had it: what counts for live sources.
  LatencySummary age{};
  std::map<std::string, std::uint64_t> events{};  ///< source_lost, source_stalled, source_reconnected
  /// The colour matrix that its pictures were taken for because they do not say one: "bt601". Empty where they do.
  std::string assumed_matrix{};
};

/// How many frames could be on their way at once, over all sources. All 0 where a run is synchronous.
struct CreditSummary {
  std::size_t start = 0, most = 0, end = 0;
  std::string why{};  ///< a sentence: what made it more or fewer
};

/// A whole run: what `--summary` writes.
struct RunSummary {
  std::string api{};  ///< "sync" or "async"
  FrameCounts frames{};
  double wall_s = 0;
  double cpu_s = 0;        ///< of the process, all threads
  double peak_rss_mb = 0;  ///< with the processes of models, each with its own peak
  double fps = 0;          ///< emitted frames ÷ wall_s
  /// Frames that could be held between sources and sinks at once, over all sources; 0: one (sync). Divided by `fps` it
  /// bounds their mean age (Little's law).
  std::size_t credit_frames = 0;
  CreditSummary credits{};  ///< how that number was reached; `most` is `credit_frames`
  LatencySummary latency{};
  std::vector<StageSummary> stages{};
  EngineSummary engine{};                ///< of the first model
  std::vector<ModelSummary> models{};    ///< also where there is only one; a cascade's model comes last
  std::vector<SourceSummary> sources{};  ///< all that took part, by id
  /// cores ÷ Σ core-seconds per frame of all stages, each measured alone.
  std::optional<double> limit_fps{};
  std::optional<double> efficiency{};  ///< fps ÷ limit_fps
  std::string bottleneck{};            ///< the stage that limits, and how that shows
  std::vector<Event> events{};
  std::string error{};  ///< why the run failed; empty if it did not
};

/// How a run and the machine stood at one moment. What only grows is told as it stood: rates are differences.
struct RunSample {
  Duration at{0};  ///< since the start of the run
  std::uint64_t emitted = 0, dropped = 0, failed = 0;
  std::vector<Duration> stages{};   ///< time at work so far, by RunSamples::stages
  std::vector<Duration> cores{};    ///< time busy so far, whoever kept it busy, by RunSamples::cores
  std::vector<Duration> threads{};  ///< processor time so far, by RunSamples::threads; shorter where more came later
  int requests = 0, in_flight = 0;
  std::size_t frames_held = 0, most_frames = 0, waiting_to_infer = 0, waiting_to_post = 0;
  double megabytes_held = 0;
};

struct RunSamples {
  std::vector<std::string> stages{};
  std::vector<int> cores{};            ///< those that this process may use; empty where the system does not tell
  std::vector<std::string> threads{};  ///< of this process, by name: threads of one name count together
  std::vector<RunSample> samples{};
};

/// The form documented for `--summary`, indented.
std::string to_json(const RunSummary& summary);
/// For people: a few aligned lines.
std::string to_text(const RunSummary& summary);

/// A named run beside others.
struct ComparedRun {
  std::string name{};
  std::vector<RunSummary> rounds{};  ///< interleaved with those of the other runs
};
/// One table: FPS (median and spread), end-to-end percentiles, core-ms per stage, ceiling, limit, efficiency,
/// bottleneck; with ratios to the first run.
std::string compare_text(const std::vector<ComparedRun>& runs);
std::string compare_json(const std::vector<ComparedRun>& runs);

/// A paragraph. Line breaks are kept.
struct Text {
  std::string title{};  ///< may be empty
  std::string text{};
};

/// The first column names, the others tell; rows as long as the head.
struct Table {
  std::string title{};
  std::vector<std::string> head{};
  std::vector<std::vector<std::string>> rows{};
};

enum class ChartKind : std::uint8_t { line, step, bar, scatter };

/// Points (x[i], y[i]); what is not finite is a gap. For bars, and wherever the chart has categories, x may be
/// empty: y[i] then belongs to category i.
struct Series {
  std::string name{};
  std::vector<double> x{}, y{};
};

/// A vertical line across the chart: the moment of a switch.
struct Marker {
  double x = 0;
  std::string label{};
};

struct Chart {
  std::string title{}, x_label{}, y_label{};
  ChartKind kind = ChartKind::line;
  std::vector<std::string> categories{};  ///< empty: x is a number
  std::vector<Series> series{};
  std::vector<Marker> markers{};
  bool log_y = false;
};

/// Requests, devices and threads over time, to zoom into; below it the latency of each request.
struct TimelineChart {
  std::string title{};
  Timeline timeline{};
};

using Section = std::variant<Text, Table, Chart, TimelineChart>;

struct Page {
  std::string title{}, subtitle{};
  std::vector<Section> sections{};
};

/// What a run ran on. What the system does not tell is empty or 0.
struct Machine {
  std::string cpu{};  ///< as it calls itself
  int cores = 0;      ///< that this process may use
  double memory_gb = 0;
  std::string system{};  ///< distribution, kernel
};
Machine this_machine();

/// A run with all that was seen of it.
struct RunReport {
  RunSummary summary{};
  Histogram end_to_end{};
  RunSamples samples{};
  /// What else a reader needs to believe it or to repeat it: a name and what it was.
  std::vector<std::vector<std::string>> environment{};
};
/// The numbers are those of to_text and to_json, from the same structure.
Page to_page(const RunReport& report);
/// The same run by its requests and threads.
Page to_page(const RunReport& report, Timeline timeline);

/// The runs side by side: FPS as bars, everything else as a table.
Page compare_page(const std::vector<ComparedRun>& runs);

/// One file that needs no other and no network; dark and light, for screens and for paper. Every text of the page
/// is shown as it is, whatever it holds.
std::string to_html(const Page& page);

}  // namespace INFLIGHT_API inflight
