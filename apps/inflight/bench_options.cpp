#include "bench_options.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "bench_config.hpp"
#include "choices.hpp"
#include "quantity.hpp"
#include "shapes.hpp"
#include "usage.hpp"

namespace inflight::app {
namespace {

const Names<Scenario> kScenarios{{"single-stream", Scenario::single_stream},
                                 {"multi-stream", Scenario::multi_stream},
                                 {"server", Scenario::server},
                                 {"offline", Scenario::offline}};

/// How benchmark_app spells them, C++ or Python, short or long, and how we do.
constexpr std::array<std::pair<std::string_view, std::string_view>, 63> kFamiliar{{
    {"-hint", "--hint"},
    {"--perf_hint", "--hint"},
    {"-api", "--api"},
    {"--api_type", "--api"},
    {"-niter", "--niter"},
    {"--number_iterations", "--niter"},
    {"--time", "-t"},
    {"-nireq", "--requests"},
    {"--nireq", "--requests"},
    {"--number_infer_requests", "--requests"},
    {"-nstreams", "--streams"},
    {"--nstreams", "--streams"},
    {"--number_streams", "--streams"},
    {"-nthreads", "--threads"},
    {"--nthreads", "--threads"},
    {"--number_threads", "--threads"},
    {"--batch_size", "--batch"},
    {"-shape", "--shape"},
    {"-data_shape", "--data-shape"},
    {"--data_shape", "--data-shape"},
    {"-ip", "--ip"},
    {"--input_precision", "--ip"},
    {"-op", "--op"},
    {"--output_precision", "--op"},
    {"-infer_precision", "--precision"},
    {"--infer_precision", "--precision"},
    {"-report_type", "--report-type"},
    {"--report_type", "--report-type"},
    {"-report_folder", "--report-folder"},
    {"--report_folder", "--report-folder"},
    {"-json_stats", "--json-stats"},
    {"--json_stats", "--json-stats"},
    {"-pc", "--pc"},
    {"--perf_counts", "--pc"},
    {"-pcsort", "--pcsort"},
    {"--perf_counts_sort", "--pcsort"},
    {"-cache_dir", "--cache-dir"},
    {"--cache_dir", "--cache-dir"},
    {"-cdir", "--cache-dir"},
    {"-latency_percentile", "--latency-percentile"},
    {"--latency_percentile", "--latency-percentile"},
    {"-inference_only", "--inference-only"},
    {"--inference_only", "--inference-only"},
    {"-no_warmup", "--no-warmup"},
    {"--no_warmup", "--no-warmup"},
    {"-max_irate", "--rate"},
    {"--maximum_inference_rate", "--rate"},
    {"-load_config", "--load-config"},
    {"--load_config", "--load-config"},
    {"-dump_config", "--dump-config"},
    {"--dump_config", "--dump-config"},
    {"--path_to_model", "--model"},
    {"--paths_to_input", "--input"},
    {"--target_device", "--device"},
    {"-pin", "--pin"},
    {"--infer_threads_pinning", "--pin"},
    // Those that we spell the same, with the one dash that people are used to.
    {"-precision", "--precision"},
    {"-summary", "--summary"},
    {"-scenario", "--scenario"},
    {"-rate", "--rate"},
    {"-interval", "--interval"},
    {"-streams", "--streams"},
    {"-requests", "--requests"},
}};

void add_load_options(CLI::App& command, Options& options, BenchOptions& bench) {
  command.option_defaults()->group("Load");
  add_choice(command, "--api", bench.api, kApis)->description("default: sync under the hint latency, else async");
  add_duration(
      command, "-t", [&](Duration t) { bench.duration = t; }, std::chrono::seconds(1))
      ->description("how long to measure; a bare number is in seconds (10 s)");
  add_number(command, "--niter", bench.iterations)->description("how many inferences at least");
  add_number(command, "--requests", options.pipeline.requests)
      ->description("in flight (-nireq); default by the device");
  add_duration(
      command, "--interval", [&](Duration t) { bench.interval = t; }, std::chrono::milliseconds(1))
      ->description("one inference every 30ms, whatever the device does");
  auto set_rate = [&bench](const std::string& text) {
    bench.rate = parse_rate(text);
    if (!bench.rate) throw CLI::ValidationError("--rate", text + " is no rate; write 50/s");
  };
  command.add_option_function<std::string>("--rate", set_rate)
      ->option_text("RATE")
      ->description("so many inferences per second at an even pace (50/s); of scenario server: at random");
  command.add_flag("--no-warmup", bench.no_warm_up, "measure from the first inference on");
  command.add_option("--seed", bench.seed)->option_text("N")->description("of random arrivals (1)");
}

void add_scenario_options(CLI::App& command, BenchOptions& bench) {
  command.option_defaults()->group("MLPerf");
  add_choice(command, "--scenario", bench.scenario, kScenarios)
      ->description("measure by the rules of MLPerf inference, and say VALID or INVALID");
  add_duration(
      command, "--max-latency", [&](Duration t) { bench.max_latency = t; }, std::chrono::milliseconds(1))
      ->description("server: what the percentile must not exceed");
  command.add_option("--percentile", bench.percentile)
      ->check(between(0.01, 99.999))
      ->option_text("1..99.9")
      ->description("instead of 90 (single-stream) or 99");
  add_number(command, "--samples", bench.burst)->description("of a multi-stream query (8)");
  add_number(command, "--min-queries", bench.min_queries)
      ->description("default: what early stopping needs; offline: 24576 samples");
}

void add_shape_options(CLI::App& command, BenchOptions& bench) {
  command.option_defaults()->group("Model");
  add_number(command, "-b,--batch", bench.batch)->description("reshape the model to this batch");
  add_text(command, "--shape", bench.shape, "SHAPE")->description("reshape the inputs: [1,3,224,224] or a[1,3],b[4]");
  add_text(command, "--data-shape", bench.data_shape, "SHAPE")->description("of the data for a model of open shape");
  add_text(command, "--ip", bench.input_type, "TYPE")->description("type of the inputs: u8, f32, f16, …");
  add_text(command, "--op", bench.output_type, "TYPE")->description("type of the outputs");
  command.add_option("--pin", bench.pin)
      ->check(CLI::IsMember({"YES", "NO"}))
      ->option_text("YES|NO")
      ->description("bind threads to cores (OpenVINO)");
}

void add_input_options(CLI::App& command, BenchOptions& bench) {
  command.option_defaults()->group("Input");
  command.add_option("-i,--input", bench.inputs)
      ->option_text("FILE…")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->description("pictures, .npy, .bin, folders of them; NAME:FILE for one of several inputs; default random");
  command.add_flag("--inference-only", bench.inference_only,
                   "set the inputs once, before measuring (default); =false: for each inference");
}

void add_report_options(CLI::App& command, BenchOptions& bench) {
  command.option_defaults()->group("Output");
  add_number(command, "--latency-percentile", bench.latency_percentile)
      ->check(between(1, 100))
      ->description("printed in the place of the median (50)");
  command.add_flag("--pc", bench.counters, "print what each operation of the model costs, where the engine tells");
  command.add_option("--pcsort", bench.counters_order)
      ->check(CLI::IsMember({"no_sort", "sort", "simple_sort"}))
      ->option_text("no_sort|sort|simple_sort")
      ->description("order of --pc: of execution, dearest first, or dearest first without what did not run");
  command.add_option("--report-type", bench.report_type)
      ->check(CLI::IsMember({"no_counters", "average_counters", "detailed_counters"}))
      ->option_text("no_counters|average_counters|detailed_counters")
      ->description("write benchmark_app's report files into --report-folder");
  add_text(command, "--report-folder", bench.report_folder, "FOLDER")->description("of --report-type (.)");
  command.add_flag("--json-stats", bench.json_stats, "--report-type as JSON instead of CSV");
  add_text(command, "--load-config", bench.load_config, "FILE")
      ->description("properties of devices, as benchmark_app's JSON");
  add_text(command, "--dump-config", bench.dump_config, "FILE")->description("write such a file");
  add_text(command, "--summary", bench.summary, "FILE")->description("all numbers, as JSON; - for standard output");
  add_text(command, "--report", bench.report, "FILE.html")->description("all numbers and charts, as one HTML file");
  add_text(command, "--timeline", bench.timeline, "FILE.html")->description("every request on a time line");
  add_text(command, "--trace", bench.trace, "FILE.json")->description("the same for ui.perfetto.dev");
}

Result<std::optional<ElementType>> parse_type(const std::string& flag, const std::string& name) {
  if (name.empty()) return std::optional<ElementType>{};
  auto known = kElementTypes.find(name);
  if (known != kElementTypes.end()) return std::optional(known->second);
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} {}: there are u8, i8, i32, i64, bf16, f16, f32 and f64", flag, name));
}

Result<void> resolve_types(CompileOptions& compile, const BenchOptions& bench) {
  auto input = parse_type("-ip", bench.input_type);
  if (!input) return fail(std::move(input.error()));
  auto output = parse_type("-op", bench.output_type);
  if (!output) return fail(std::move(output.error()));
  // u8 is what engines take pictures in by themselves, with mean and scale in their graph.
  compile.u8_input = input->value_or(ElementType::u8) == ElementType::u8;
  if (!compile.u8_input) compile.input_type = *input;
  compile.output_type = *output;
  return {};
}

Result<void> check_conflicts(const Options& options, const BenchOptions& bench) {
  auto refuse = [](std::string why) { return fail(ErrorCode::invalid_argument, std::move(why)); };
  bool paced = bench.interval || bench.rate;
  if (bench.interval && bench.rate) return refuse("--interval and --rate say the same thing; give one of them");
  if (bench.api == Api::sync && paced)
    return refuse("--api sync waits for each inference; --interval and --rate need --api async");
  if (bench.api == Api::sync && options.pipeline.requests > 1)
    return refuse(fmt::format("--api sync has one request in flight, not -nireq {}", options.pipeline.requests));
  if (bench.api == Api::sync && bench.scenario) return refuse("--scenario chooses how requests come; leave --api out");
  if (bench.scenario && bench.interval) return refuse("--scenario chooses how requests come; leave --interval out");
  if (bench.scenario && bench.iterations > 0)
    return refuse("--scenario counts queries: --min-queries N instead of -niter");
  if (bench.scenario != Scenario::server && bench.max_latency > Duration{0})
    return refuse("--max-latency is a bound of --scenario server");
  if (bench.scenario && bench.scenario != Scenario::server && bench.rate)
    return refuse("--rate with a scenario is for --scenario server");
  if (!bench.shape.empty() && !bench.data_shape.empty() && bench.shape != bench.data_shape)
    return refuse("--shape and --data-shape differ; a model is compiled for one shape");
  if (!bench.report_folder.empty() && bench.report_type.empty())
    return refuse("--report-folder needs --report-type no_counters, average_counters or detailed_counters");
  return {};
}

}  // namespace

void add_bench_options(CLI::App& command, Options& options, BenchOptions& bench) {
  add_engine_options(command, options);
  add_shape_options(command, bench);
  add_input_options(command, bench);
  add_load_options(command, options, bench);
  add_scenario_options(command, bench);
  add_report_options(command, bench);
  command.option_defaults()->group("Output");
  command.add_flag("-q,--quiet", options.quiet, "print nothing but errors and what goes to standard output");
  command.add_flag("-v,--verbose", options.verbose, "tell what AUTO, MULTI and BATCH devices do, as they do it");
}

std::vector<std::string> with_familiar_flags(int argc, char** argv) {
  std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words.front() != "bench") return words;
  for (std::string& word : words) {
    std::size_t equals = word.find('=');
    std::string_view flag = std::string_view(word).substr(0, equals);
    for (const auto& [theirs, ours] : kFamiliar) {
      if (flag != theirs) continue;
      word = std::string(ours) + (equals == std::string::npos ? "" : word.substr(equals));
      break;
    }
  }
  // To benchmark_app "none" is no hint: what -nstreams and -nthreads say, which to us always wins over a hint.
  for (std::size_t i = 0; i + 1 < words.size(); ++i)
    if (words[i] == "--hint" && words[i + 1] == "none")
      words.erase(words.begin() + static_cast<long>(i), words.begin() + static_cast<long>(i) + 2);
  return words;
}

Result<void> resolve(Options& options, BenchOptions& bench) {
  if (Result<void> ok = check_conflicts(options, bench); !ok) return ok;
  CompileOptions& compile = options.detector.compile;
  if (Result<void> ok = resolve_types(compile, bench); !ok) return ok;
  compile.batch = bench.batch;
  Result<std::map<std::string, Shape>> shapes = parse_shapes(bench.shape.empty() ? bench.data_shape : bench.shape);
  if (!shapes) return fail(std::move(shapes.error()));
  compile.shapes = std::move(*shapes);
  compile.requests = options.pipeline.requests;
  if (!bench.pin.empty()) compile.properties.emplace("ENABLE_CPU_PINNING", bench.pin);
  bool counts = bench.counters || bench.report_type == "average_counters" || bench.report_type == "detailed_counters";
  if (counts) compile.properties.emplace("PERF_COUNT", "YES");
  if (!bench.api)
    bench.api = options.hint == PerformanceHint::latency && !bench.interval && !bench.rate ? Api::sync : Api::async;
  if (bench.scenario) bench.api = Api::async;
  if (bench.duration <= Duration{0} && bench.iterations == 0 && !bench.scenario)
    bench.duration = std::chrono::seconds(10);
  return bench.load_config.empty() ? Result<void>{} : load_config(bench.load_config, options);
}

}  // namespace inflight::app
