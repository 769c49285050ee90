// How fast a model is on a device, without pictures or files around it: load, windows, percentiles, and the
// scenarios of MLPerf.
//
//   auto model = inflight::compile_model("model.xml", "AUTO").value();
//   inflight::LoadOptions options;
//   options.duration = std::chrono::seconds(10);
//   std::cout << inflight::to_text(inflight::run_load(model, options).value());
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inflight/api.hpp"
#include "inflight/engine.hpp"
#include "inflight/report.hpp"
#include "inflight/timeline.hpp"

namespace INFLIGHT_API inflight {

/// Contents for a model's inputs: sets of one tensor per port, used in turn.
using InputData = std::vector<std::vector<Tensor>>;

/// One set of random values: 0..255 for 8-bit ports, 0..1 for floats, 0 or 1 for the rest. `seed` settles them.
/// Errors: invalid_argument (a port whose shape or type is not settled).
Result<InputData> random_inputs(const ModelInfo& model, std::uint64_t seed = 1);

/// From files, in turn: pictures (for image ports; stretched to the port's size), .npy and .bin (raw values).
/// `spec`: a path, folder or glob, or NAME:path for one input of several, the parts separated by commas.
/// Ports without files get random values. Errors: unreadable_input, naming file, port and both sizes.
Result<InputData> read_inputs(const ModelInfo& model, const std::vector<std::string>& specs);

/// When inferences are asked for.
enum class Arrivals : std::uint8_t {
  closed,  ///< as soon as a request is free: `requests` in flight all the time
  bursts,  ///< `burst` at once, the next ones when all of them are answered
  even,    ///< every 1 / `rate` seconds, whatever the device does
  poisson  ///< at random, `rate` per second on average, independent of each other
};

struct LoadOptions {
  Arrivals arrivals = Arrivals::closed;
  bool synchronous = false;  ///< closed, with one request that the calling thread waits for
  int requests = 0;          ///< in flight at most; 0: times_optimal × the model's optimal_requests(), followed
  int times_optimal = 1;     ///< twice is what a pipeline has; at least 1
  int burst = 8;
  double rate = 0;  ///< per second, of even and poisson arrivals
  std::uint64_t seed = 1;

  /// The run ends when both are reached; 0: does not count. One of them must be given.
  std::uint64_t iterations = 0;
  Duration duration{0};
  bool warm_up = true;  ///< one inference before the clock starts: `first_inference`

  bool operation_times = false;  ///< ask the requests, after the run, what their last inference cost in detail

  InputData inputs{};          ///< empty: whatever the requests' memory holds
  bool refill_inputs = false;  ///< set the inputs for each inference, inside what is measured

  std::function<bool()> interrupted{};   ///< asked between inferences; true ends the run early. May be empty
  TimelineRecorder* recorder = nullptr;  ///< told of every request. Its start() is called when the clock starts
  Clock* clock = nullptr;                ///< nullptr: steady_clock()
};

/// A third of a run.
struct LoadWindow {
  std::uint64_t count = 0;
  double wall_s = 0;
  double mean_latency_ms = 0;
  double per_second() const noexcept { return wall_s > 0 ? static_cast<double>(count) / wall_s : 0; }
};

/// What came of a load. Latency counts from the moment an inference was due (even, poisson) or asked for; of bursts,
/// until the last of a burst was answered.
struct LoadSummary {
  std::uint64_t count = 0;  ///< inferences answered, failed ones included
  std::uint64_t failed = 0;
  std::uint64_t queries = 0;  ///< bursts; else as many as inferences
  double wall_s = 0;
  double cpu_s = 0;  ///< of the process, all threads
  double peak_rss_mb = 0;
  std::optional<Duration> first_inference{};
  std::int64_t batch = 1;             ///< pictures per inference: frames per second = batch × inferences per second
  Histogram latency{};                ///< of queries
  std::vector<LoadWindow> windows{};  ///< three, of equal length as the run was planned
  std::map<std::string, std::uint64_t> devices{};  ///< answered by
  double mean_batch = 0;                           ///< requests that ran together, on average
  int requests = 0;
  std::vector<std::vector<OperationTime>> operations{};  ///< of each request, where asked for and known
  std::string no_operations{};                           ///< why not
  bool interrupted = false;
  std::string error{};  ///< of the first inference that failed

  double inferences_per_second() const noexcept { return wall_s > 0 ? static_cast<double>(count) / wall_s : 0; }
  double frames_per_second() const noexcept { return inferences_per_second() * static_cast<double>(batch); }
};

/// Runs the load on the calling thread. Errors: invalid_argument (options that contradict each other), those of
/// InferQueue::create and of the first inference.
Result<LoadSummary> run_load(const std::shared_ptr<CompiledModel>& model, const LoadOptions& options);

/// Whether the run held still, by the rule of Triton's perf_analyzer: throughput and mean latency of the last
/// three windows lie within 10 % of their mean.
struct Stability {
  bool stable = false;
  std::string why{};  ///< for people: what moved and by how much, or why it is not known
};
Stability judge(const std::vector<LoadWindow>& windows);

/// The percentile, where there are enough values that at least ten lie above it; else nullopt: not known.
std::optional<double> known_percentile_ms(const Histogram& latency, double share);

// ---- MLPerf inference ----

/// github.com/mlcommons/inference_policies: single-stream (p90 of one at a time), multi-stream (p99 of queries of
/// eight), server (Poisson arrivals, p99 below a bound), offline (everything at once).
enum class Scenario : std::uint8_t { single_stream, multi_stream, server, offline };
/// "single-stream", … Points to static storage.
const char* to_string(Scenario scenario) noexcept;

struct ScenarioOptions {
  Scenario scenario = Scenario::single_stream;
  double rate = 0;                                    ///< server: queries per second
  Duration bound{0};                                  ///< server: of the percentile
  std::optional<double> percentile{};                 ///< instead of the scenario's own: 0.9, 0.99, 0.99, none
  Duration min_duration = std::chrono::seconds(600);  ///< of MLPerf; shorter runs are VALID only for themselves
  std::uint64_t min_queries = 0;                      ///< 0: as many as early stopping needs; offline: 24576 samples
};

/// The load that plays the scenario. `base` gives inputs, clock, recorder. Errors: invalid_argument.
Result<LoadOptions> to_load(const ScenarioOptions& scenario, LoadOptions base);

struct ScenarioVerdict {
  bool valid = false;
  std::string metric{};  ///< "p90 latency", "p99 latency of a query of 8", "queries per second", "samples per second"
  std::optional<double> value{};       ///< in ms, or per second; nullopt: not known
  std::vector<std::string> reasons{};  ///< why it is INVALID, and what to change; of a VALID one, what it rests on
};
ScenarioVerdict judge(const ScenarioOptions& scenario, const LoadSummary& summary);

/// How many of `queries` may lie above a bound, so that with confidence 0.99 no more than 1 − `share` of all queries
/// ever would: the largest t with P[Binomial(queries, 1 − share) ≤ t] ≤ 0.01 (MLPerf's early stopping). nullopt:
/// not even none is enough.
std::optional<std::uint64_t> allowed_over_latency(std::uint64_t queries, double share);

// ---- search ----

/// Processors that this process may use: its affinity, and the quota of its control group.
int available_cores() noexcept;

/// How good a candidate is by a measurement of `budget` (a share of the full one, 0..1]; more is better. nullopt: it
/// cannot be used.
using Evaluate = std::function<std::optional<double>(std::size_t candidate, double budget)>;

struct SearchOptions {
  double keep = 1.0 / 3;    ///< of the candidates of a round, in the next
  double first = 1.0 / 27;  ///< budget of the first round; each next one has 1 / `keep` of it
  /// Candidates that share what is dear to prepare have one name here. The first of each name is then measured alone
  /// before anything else, with first / keep, and only the best `keep` of the names go on, all their candidates. By
  /// candidate; empty: no such groups.
  std::vector<std::string> groups{};
  /// Asked before each measurement; true ends the search with what it has. May be empty.
  std::function<bool()> interrupted{};
};

struct Ranked {
  std::size_t candidate = 0;
  double score = 0;
  double budget = 0;  ///< of its last measurement
};

/// Successive halving (Jamieson and Talwalkar 2016): all candidates with a small budget, the best of them with a
/// larger one, and so on, until two are left or the budget is full. Best first, those measured
/// with a larger budget before others. With the defaults it costs about 4/27 of measuring each in full, with groups
/// a third of that.
std::vector<Ranked> successive_halving(std::size_t candidates, const Evaluate& evaluate,
                                       const SearchOptions& options = {});

// ---- as text and JSON ----

/// OpenVINO's benchmark_app's last block: Count, Duration, Latency, Throughput; then ours. `percentile` (1..100) is
/// the one printed in the place of the median.
std::string to_text(const LoadSummary& summary, int percentile = 50);
std::string to_json(const LoadSummary& summary);

}  // namespace INFLIGHT_API inflight
