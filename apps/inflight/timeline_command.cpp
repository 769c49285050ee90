// inflight timeline: every request of a paced run, its device, its batch, and when AUTO changed its mind.
#include <fmt/format.h>

#include <optional>

#include "bench_page.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "inflight/detail/joined.hpp"
#include "outputs.hpp"
#include "signals.hpp"
#include "timeline_options.hpp"

namespace inflight::app {
namespace {

/// A discrete GPU that takes long to get ready, and a processor that does not.
constexpr const char* kSimulated = "AUTO:(sim:name=GPU,latency=4ms,load=10s),(sim:name=CPU,latency=20ms,load=50ms)";

/// One pace.
struct Played {
  Duration interval{0};
  LoadSummary load;
  Timeline timeline;
};

class Player {
 public:
  Player(const Options& options, const TimelineOptions& paced) : options_(options), paced_(paced) {
    if (paced.simulate) clock_.emplace();
  }

  Result<Played> play(Duration interval) {
    CompileOptions compile = options_.detector.compile;
    compile.clock = clock_ ? &*clock_ : nullptr;
    std::shared_ptr<DeviceLog> log = keep_events(compile);
    std::shared_ptr<void> passing = let_time_pass();
    Result<std::shared_ptr<CompiledModel>> model = compile_model(options_.model, options_.device, compile);
    passing.reset();  // what follows takes no time until the load begins
    if (!model) return fail(std::move(model.error()));
    Result<InputData> inputs = random_inputs((*model)->info());
    if (!inputs) return fail(std::move(inputs.error()));
    TimelineRecorder recorder;
    LoadOptions load;
    load.arrivals = Arrivals::even;
    load.rate = 1 / to_seconds(interval);
    load.duration = paced_.duration;
    load.requests = 16;  // the pace decides, not the pool
    load.inputs = std::move(*inputs);
    load.recorder = &recorder;
    load.clock = compile.clock;
    passing = let_time_pass();
    Result<LoadSummary> summary = run_load(*model, load);
    if (!summary) return fail(std::move(summary.error()));
    for (const DeviceEvent& event : log->take()) recorder.event(event);
    return Played{interval, std::move(*summary), recorder.take()};
  }

 private:
  /// While it lives, simulated time goes on. Whoever a timer wakes has 5 ms to do its part before the next one:
  /// enough for that, and little enough that minutes pass in seconds.
  std::shared_ptr<void> let_time_pass() { return clock_ ? clock_->drive(1, std::chrono::milliseconds(5)) : nullptr; }

  const Options& options_;
  const TimelineOptions& paced_;
  std::optional<VirtualClock> clock_;
};

/// A pace at which inferences failed was not measured. Errors: engine_failed.
Result<void> check_measured(const std::vector<Played>& all) {
  std::uint64_t count = 0, failed = 0;
  std::string why;
  for (const Played& played : all) {
    count += played.load.count;
    failed += played.load.failed;
    if (why.empty()) why = played.load.error;
  }
  if (failed == 0) return {};
  return fail(ErrorCode::engine_failed, fmt::format("{} of {} inferences failed: {}", failed, count, why));
}

std::string pace(const Played& played) { return fmt::format("every {:g} ms", to_ms(played.interval)); }

std::string served_by(const LoadSummary& load) {
  return detail::joined(load.devices, ", ",
                        [](const auto& pair) { return fmt::format("{} {}", pair.second, pair.first); });
}

Table comparison(const std::vector<Played>& all) {
  auto ms = [](const LoadSummary& load, double share) {
    std::optional<double> value = known_percentile_ms(load.latency, share);
    return value ? fmt::format("{:.2f} ms", *value) : "unknown";
  };
  Table table{"Latency by pace", {"pace", "requests", "p50", "p99", "longest", "requests per batch", "served by"}, {}};
  for (const Played& played : all)
    table.rows.push_back({pace(played), std::to_string(played.load.count), ms(played.load, 0.5), ms(played.load, 0.99),
                          fmt::format("{:.2f} ms", to_ms(played.load.latency.max())),
                          fmt::format("{:.2f}", played.load.mean_batch), served_by(played.load)});
  return table;
}

void print(const std::vector<Played>& all) {
  Table table = comparison(all);
  for (const auto& row : table.rows)
    put("{}: {} requests, p50 {}, p99 {}, longest {}, {} per batch; served by {}\n", row[0], row[1], row[2], row[3],
        row[4], row[5], row[6]);
  for (const Played& played : all)
    for (const Event& event : played.timeline.events)
      put("{}: {:8.3f} s  {} {}: {}\n", pace(played), to_seconds(event.at), event.device, event.kind, event.text);
}

Page page(const Options& options, const TimelineOptions& paced, std::vector<Played> all) {
  Page page{"inflight timeline",
            fmt::format("{}{}{}", options.model, options.model.empty() ? "" : " on ", options.device),
            {}};
  if (paced.simulate) page.subtitle += " (simulated time)";
  page.sections.emplace_back(comparison(all));
  for (Played& played : all)
    for (Section& section : timeline_sections(pace(played), std::move(played.timeline)))
      page.sections.push_back(std::move(section));
  return page;
}

Result<void> check(Options& options, TimelineOptions& paced) {
  if (paced.simulate && options.device == "CPU") options.device = kSimulated;
  bool real = options.device.find("sim:") == std::string::npos;
  if (paced.simulate && real)
    return fail(
        ErrorCode::invalid_argument,
        "--simulate plays simulated devices only; describe them with -d, e.g. -d '" + std::string(kSimulated) + "'");
  if (real && options.model.empty()) return fail(ErrorCode::invalid_argument, "-m is required; or --simulate");
  if (!paced.trace.empty() && paced.intervals.size() > 1)
    return fail(ErrorCode::invalid_argument, "--trace holds one pace; give one --interval");
  return take_outputs({{"-o", paced.output}, {"--trace", paced.trace}}, named_reads(options));
}

}  // namespace

ExitCode timeline_command(Options& options, TimelineOptions& paced) {
  SignalWatch signals([] {});
  if (Result<void> ok = check(options, paced); !ok) return report(ok.error());
  std::vector<Played> all;
  for (Duration interval : paced.intervals) {
    if (!options.quiet) tell("one request every {:g} ms, for {:g} s\n", to_ms(interval), to_seconds(paced.duration));
    Result<Played> played = Player(options, paced).play(interval);
    if (!played) return report(played.error());
    all.push_back(std::move(*played));
  }
  if (!options.quiet) print(all);
  if (!paced.trace.empty())
    if (Result<void> written = write_chrome_trace(all.front().timeline, paced.trace); !written)
      return report(written.error());
  Result<void> measured = check_measured(all);
  Result<void> written = write_text(paced.output, to_html(page(options, paced, std::move(all))));
  if (!written) return report(written.error());
  return measured ? ExitCode::done : report(measured.error());
}

}  // namespace inflight::app
