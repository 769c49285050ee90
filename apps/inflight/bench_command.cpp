// inflight bench: OpenVINO's benchmark_app, step by step and on every engine, and what it does not tell.
#include <fmt/format.h>

#include <atomic>

#include "bench_config.hpp"
#include "bench_page.hpp"
#include "bench_reports.hpp"
#include "commands.hpp"
#include "console.hpp"
#include "inflight/detail/joined.hpp"
#include "outputs.hpp"
#include "signals.hpp"

namespace inflight::app {
namespace {

/// The eleven steps, on standard output, where scripts look for them; on standard error where that takes data.
class Steps {
 public:
  /// `data`: the output that may have standard output for itself.
  Steps(bool quiet, std::string data) : quiet_(quiet), data_(std::move(data)) {}

  void next(const char* title) { print(fmt::format("[Step {}/11] {}\n", ++step_, title)); }
  void info(const std::string& text) { print(fmt::format("[ INFO ] {}\n", text)); }
  void warn(const std::string& text) { print(fmt::format("[ WARNING ] {}\n", text)); }
  void print(const std::string& text) {
    if (!quiet_) put_beside(data_, text);
  }

 private:
  bool quiet_;
  std::string data_;
  int step_ = 0;
};

double ms_since(TimePoint begin) { return to_ms(steady_clock().now() - begin); }

class Bench {
 public:
  Bench(Options& options, BenchOptions& bench, Steps steps) : options_(options), bench_(bench), steps_(steps) {}

  Result<void> run(const std::atomic<bool>& interrupted) {
    steps_.next("Parsing and validating input arguments");
    steps_.info("Parsing input parameters");
    load_engines();
    configure();
    if (Result<void> ok = read(); !ok) return ok;
    if (Result<void> ok = compile(); !ok) return ok;
    query();
    if (Result<void> ok = fill(); !ok) return ok;
    return measure(interrupted);
  }

  /// The eleventh step.
  void report() {
    steps_.next("Dumping statistics report");
    if (bench_.counters) steps_.print(counters_text(result_.load, bench_.counters_order));
    if (!result_.load.no_operations.empty()) steps_.warn("No performance counts: " + result_.load.no_operations);
    steps_.print(to_text(result_.load, bench_.latency_percentile));
    if (result_.verdict) steps_.print(verdict_text(*bench_.scenario, *result_.verdict));
  }

  const BenchResult& result() const { return result_; }

 private:
  void load_engines() {
    steps_.next("Loading the engines");
    for (const EngineStatus& engine : engines())
      if (engine.engine && engine.name != "sim")
        steps_.info(fmt::format("{} {}", engine.name, engine.engine->version()));
    steps_.info("Device: " + options_.device);
  }

  void configure() {
    steps_.next("Setting device configuration");
    if (!options_.hint)
      steps_.warn("Performance hint was not explicitly specified. Device performance hint is set to THROUGHPUT.");
    for (const auto& [name, value] : options_.detector.compile.properties) steps_.info(name + " = " + value);
  }

  Result<void> read() {
    steps_.next("Reading model files");
    if (options_.device.find("sim:") != std::string::npos) {
      steps_.info("Simulated devices read no model");
    } else {
      TimePoint begin = steady_clock().now();
      Result<ModelInfo> info = read_model(options_.model);
      if (!info) return fail(std::move(info.error()));
      steps_.info(fmt::format("Read model took {:.2f} ms", ms_since(begin)));
      steps_.info("Original model I/O parameters:");
      print_ports(*info);
    }
    steps_.next("Resizing model to match image sizes and given batch");
    if (bench_.batch > 0) steps_.info(fmt::format("Model batch size: {}", bench_.batch));
    for (const auto& [name, shape] : options_.detector.compile.shapes)
      steps_.info(fmt::format("Reshaping model: {}{}", name, to_string(shape)));
    return {};
  }

  Result<void> compile() {
    steps_.next("Configuring input of the model");
    events_ = keep_events(options_.detector.compile);
    TimePoint begin = steady_clock().now();
    Result<std::shared_ptr<CompiledModel>> model =
        compile_model(options_.model, options_.device, options_.detector.compile);
    if (!model) return fail(std::move(model.error()));
    result_.load_ms = ms_since(begin);
    result_.model = std::move(*model);
    print_ports(result_.model->info());
    steps_.next("Loading the model to the device");
    steps_.info(fmt::format("Compile model took {:.2f} ms", result_.load_ms));
    return {};
  }

  void query() {
    steps_.next("Querying optimal runtime parameters");
    RuntimeInfo runtime = result_.model->runtime();
    steps_.info("Model:");
    steps_.info("  NETWORK_NAME: " + result_.model->info().name);
    steps_.info(fmt::format("  OPTIMAL_NUMBER_OF_INFER_REQUESTS: {}", result_.model->optimal_requests()));
    steps_.info(fmt::format("  NUM_STREAMS: {}", runtime.execution_streams));
    steps_.info("  INFERENCE_PRECISION_HINT: " + runtime.precision);
    steps_.info(fmt::format("  EXECUTION_DEVICES: ['{}']", runtime.device));
  }

  Result<void> fill() {
    steps_.next("Creating infer requests and preparing input tensors");
    if (bench_.inputs.empty()) steps_.warn("No input files were given; the inputs are filled with random values");
    Result<InputData> inputs = bench_.inputs.empty() ? random_inputs(result_.model->info(), bench_.seed)
                                                     : read_inputs(result_.model->info(), bench_.inputs);
    if (!inputs) return fail(std::move(inputs.error()));
    if (!bench_.inputs.empty()) steps_.info(fmt::format("{} sets of inputs, used in turn", inputs->size()));
    load_.inputs = std::move(*inputs);
    return {};
  }

  Result<void> measure(const std::atomic<bool>& interrupted) {
    Result<LoadOptions> load = plan();
    if (!load) return fail(std::move(load.error()));
    load->interrupted = [&interrupted] { return interrupted.load(std::memory_order_relaxed); };
    steps_.next(fmt::format("Measuring performance ({})", describe(*load)).c_str());
    steps_.info(load->refill_inputs ? "Inputs are set for each inference, inside the measurement."
                                    : "Benchmarking in inference only mode (inputs filling are not included in "
                                      "measurement loop).");
    std::optional<TimelineRecorder> recorder;  // takes its memory up front
    if (wants_recording(bench_)) load->recorder = &recorder.emplace();
    Result<LoadSummary> summary = run_load(result_.model, *load);
    if (!summary) return fail(std::move(summary.error()));
    result_.load = std::move(*summary);
    if (recorder) {
      for (const DeviceEvent& event : events_->take()) recorder->event(event);
      result_.timeline = recorder->take();
    }
    if (result_.load.first_inference)
      steps_.info(fmt::format("First inference took {:.2f} ms", to_ms(*result_.load.first_inference)));
    if (bench_.scenario) result_.verdict = judge(scenario(), result_.load);
    return {};
  }

  ScenarioOptions scenario() const {
    ScenarioOptions options;
    options.scenario = *bench_.scenario;
    options.rate = bench_.rate.value_or(0);
    options.bound = bench_.max_latency;
    if (bench_.percentile) options.percentile = *bench_.percentile / 100;
    if (bench_.duration > Duration{0}) options.min_duration = bench_.duration;
    options.min_queries = bench_.min_queries;
    return options;
  }

  Result<LoadOptions> plan() {
    LoadOptions& load = load_;
    load.synchronous = bench_.api == Api::sync;
    load.requests = load.synchronous ? 1 : options_.pipeline.requests;
    load.iterations = bench_.iterations;
    load.duration = bench_.duration;
    load.warm_up = !bench_.no_warm_up;
    load.refill_inputs = !bench_.inference_only;
    load.burst = bench_.burst;
    load.seed = bench_.seed;
    load.operation_times = options_.detector.compile.properties.contains("PERF_COUNT");
    if (bench_.rate || bench_.interval) {
      load.arrivals = Arrivals::even;
      load.rate = bench_.rate ? *bench_.rate : 1 / to_seconds(*bench_.interval);
      // What waits must not wait for a request too, or a batch could never gather more than the device asks for.
      if (load.requests == 0) load.requests = std::max(64, result_.model->optimal_requests());
    }
    if (!bench_.scenario) return std::move(load);
    return to_load(scenario(), std::move(load));
  }

  static std::string describe(const LoadOptions& load) {
    std::string how = load.synchronous ? "Start inference synchronously" : "Start inference asynchronously";
    if (load.arrivals == Arrivals::even) how += fmt::format(", {:.4g} per second", load.rate);
    if (load.arrivals == Arrivals::poisson) how += fmt::format(", {:.4g} per second at random", load.rate);
    if (load.arrivals == Arrivals::bursts) how += fmt::format(", {} at once", load.burst);
    std::vector<std::string> limits;
    if (load.duration > Duration{0}) limits.push_back(fmt::format("{:.0f} ms duration", to_ms(load.duration)));
    if (load.iterations > 0) limits.push_back(fmt::format("{} iterations", load.iterations));
    return fmt::format("{}, limits: {}", how, detail::joined(limits, ", "));
  }

  void print_ports(const ModelInfo& info) {
    auto print = [this](const char* title, const std::vector<Port>& ports) {
      steps_.info(title);
      for (const Port& port : ports)
        steps_.info(fmt::format("    {} : {} / {} / {}", port.name, to_string(port.type),
                                port.layout.empty() ? "[...]" : port.layout, to_string(port.shape)));
    };
    print("Model inputs:", info.inputs);
    print("Model outputs:", info.outputs);
  }

  Options& options_;
  BenchOptions& bench_;
  Steps steps_;
  LoadOptions load_;
  std::shared_ptr<DeviceLog> events_;
  BenchResult result_;
};

ExitCode end_of(const BenchResult& result) {
  if (result.load.failed > 0)
    return report({ErrorCode::engine_failed, fmt::format("{} of {} inferences failed: {}", result.load.failed,
                                                         result.load.count, result.load.error)});
  return result.verdict && !result.verdict->valid ? ExitCode::run_failed : ExitCode::done;
}

}  // namespace

ExitCode bench_command(Options& options, BenchOptions& bench) {
  SignalWatch signals([] {});
  if (Result<void> ok = resolve(options, bench); !ok) return report(ok.error());
  if (Result<void> ok = take_bench_outputs(options, bench); !ok) return report(ok.error());
  std::atomic<bool> interrupted = false;
  auto handling = signals.handle([&](int) { interrupted = true; });
  Bench run(options, bench, Steps(options.quiet, bench.summary));
  if (Result<void> ran = run.run(interrupted); !ran) return report(ran.error());
  run.report();
  if (!bench.dump_config.empty())
    if (Result<void> dumped = dump_config(bench.dump_config, options); !dumped) return report(dumped.error());
  if (Result<void> written = write_reports(options, bench, run.result()); !written) return report(written.error());
  return end_of(run.result());
}

}  // namespace inflight::app
