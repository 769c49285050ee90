#include "bench_reports.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <numeric>

#include "outputs.hpp"

namespace inflight::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Operations = std::vector<OperationTime>;

fs::path report_file(const BenchOptions& bench, const std::string& name) {
  return fs::path(bench.report_folder.empty() ? "." : bench.report_folder) /
         (name + (bench.json_stats ? ".json" : ".csv"));
}

std::string counters_file(const BenchOptions& bench) {
  bool each = bench.report_type == "detailed_counters";
  return report_file(bench, each ? "benchmark_detailed_counters_report" : "benchmark_average_counters_report").string();
}

Outputs outputs_of(const BenchOptions& bench) {
  Outputs all{{"--summary", bench.summary, OutputKind::data},
              {"--report", bench.report},
              {"--timeline", bench.timeline},
              {"--trace", bench.trace},
              {"--dump-config", bench.dump_config}};
  if (bench.report_type.empty()) return all;
  all.push_back({"--report-folder", report_file(bench, "benchmark_report").string()});
  if (bench.report_type != "no_counters") all.push_back({"--report-folder", counters_file(bench)});
  return all;
}

/// Times averaged over the requests; everything else is the same in each.
Operations average(const std::vector<Operations>& requests) {
  if (requests.empty()) return {};
  Operations mean = requests.front();
  for (std::size_t i = 0; i < mean.size(); ++i) {
    for (std::size_t r = 1; r < requests.size() && i < requests[r].size(); ++r) {
      mean[i].real_time += requests[r][i].real_time;
      mean[i].cpu_time += requests[r][i].cpu_time;
    }
    mean[i].real_time /= static_cast<Duration::rep>(requests.size());
    mean[i].cpu_time /= static_cast<Duration::rep>(requests.size());
  }
  return mean;
}

void arrange(Operations& operations, const std::string& order) {
  if (order == "simple_sort") std::erase_if(operations, [](const OperationTime& o) { return o.status != "EXECUTED"; });
  if (order == "sort" || order == "simple_sort")
    std::ranges::stable_sort(operations, std::greater{}, &OperationTime::real_time);
}

double total_ms(const Operations& operations, Duration OperationTime::* time) {
  return std::accumulate(operations.begin(), operations.end(), 0.0,
                         [&](double sum, const OperationTime& o) { return sum + to_ms(o.*time); });
}

/// The columns of benchmark_app's files.
std::string counters_csv(const Operations& operations) {
  std::string text = "layerName;execStatus;layerType;execType;realTime (ms);cpuTime (ms);\n";
  for (const OperationTime& o : operations)
    text += fmt::format("{};{};{};{};{:.3f};{:.3f};\n", o.name, o.status, o.type, o.kernel, to_ms(o.real_time),
                        to_ms(o.cpu_time));
  return text + fmt::format("Total;;;;{:.3f};{:.3f};\n", total_ms(operations, &OperationTime::real_time),
                            total_ms(operations, &OperationTime::cpu_time));
}

Json counters_json(const Operations& operations) {
  Json nodes = Json::array();
  for (const OperationTime& o : operations)
    nodes.push_back({{"name", o.name},
                     {"status", o.status},
                     {"node_type", o.type},
                     {"exec_type", o.kernel},
                     {"real_time", to_ms(o.real_time)},
                     {"cpu_time", to_ms(o.cpu_time)}});
  return nodes;
}

Result<void> write_counters(const BenchOptions& bench, const LoadSummary& load) {
  std::vector<Operations> all =
      bench.report_type == "detailed_counters" ? load.operations : std::vector<Operations>{average(load.operations)};
  std::string csv;
  Json json = Json::array();
  for (const Operations& operations : all) {
    csv += counters_csv(operations);
    json.push_back(counters_json(operations));
  }
  return write_text(
      counters_file(bench),
      bench.json_stats ? Json{{"report_type", bench.report_type}, {"detailed_performance", json}}.dump(2) : csv);
}

/// Name and value, one to a line, as in benchmark_report.csv.
std::vector<std::pair<std::string, std::string>> facts(const Options& options, const BenchResult& result) {
  const LoadSummary& load = result.load;
  return {
      {"model", options.model},
      {"target device", options.device},
      {"number of parallel infer requests", std::to_string(load.requests)},
      {"number of streams", std::to_string(result.model->runtime().execution_streams)},
      {"precision", result.model->runtime().precision},
      {"compile model time (ms)", fmt::format("{:.2f}", result.load_ms)},
      {"first inference time (ms)", load.first_inference ? fmt::format("{:.2f}", to_ms(*load.first_inference)) : ""},
      {"total execution time (ms)", fmt::format("{:.2f}", 1e3 * load.wall_s)},
      {"total number of iterations", std::to_string(load.count)},
      {"latency (ms)", fmt::format("{:.2f}", to_ms(load.latency.percentile(0.5)))},
      {"avg latency", fmt::format("{:.2f}", to_ms(load.latency.mean()))},
      {"min latency", fmt::format("{:.2f}", to_ms(load.latency.min()))},
      {"max latency", fmt::format("{:.2f}", to_ms(load.latency.max()))},
      {"throughput", fmt::format("{:.2f}", load.frames_per_second())}};
}

Result<void> write_statistics(const Options& options, const BenchOptions& bench, const BenchResult& result) {
  std::string csv = "Execution results;\n";
  Json json = Json::object();
  for (const auto& [name, value] : facts(options, result)) {
    csv += fmt::format("{};{}\n", name, value);
    json[name] = value;
  }
  std::string file = report_file(bench, "benchmark_report").string();
  if (Result<void> written = write_text(file, bench.json_stats ? Json{{"execution_results", json}}.dump(2) : csv);
      !written)
    return written;
  if (bench.report_type == "no_counters" || result.load.operations.empty()) return {};
  return write_counters(bench, result.load);
}

Json verdict_json(Scenario scenario, const ScenarioVerdict& verdict) {
  return {{"scenario", to_string(scenario)},
          {"valid", verdict.valid},
          {"metric", verdict.metric},
          {"value", verdict.value ? Json(*verdict.value) : Json(nullptr)},
          {"reasons", verdict.reasons}};
}

std::string summary_json(const Options& options, const BenchOptions& bench, const BenchResult& result) {
  RuntimeInfo runtime = result.model->runtime();
  Json json{{"model", options.model},
            {"device", options.device},
            {"runs_on", runtime.device},
            {"precision", runtime.precision},
            {"execution_streams", runtime.execution_streams},
            {"load_ms", result.load_ms}};
  json.update(Json::parse(to_json(result.load)));
  if (result.verdict) json["mlperf"] = verdict_json(*bench.scenario, *result.verdict);
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

bool wants_recording(const BenchOptions& bench) { return !bench.timeline.empty() || !bench.trace.empty(); }

Result<void> take_bench_outputs(const Options& options, const BenchOptions& bench) {
  Reads reads = named_reads(options);
  reads.push_back(data_read(bench.inputs));
  reads.push_back({"the configuration", {bench.load_config}});
  return take_outputs(outputs_of(bench), reads);
}

Result<void> write_reports(const Options& options, const BenchOptions& bench, const BenchResult& result) {
  auto write = [](const std::string& path, auto text) {
    return path.empty() ? Result<void>{} : write_text(path, text());
  };
  if (auto ok = write(bench.summary, [&] { return summary_json(options, bench, result); }); !ok) return ok;
  if (auto ok = write(bench.report, [&] { return to_html(bench_page(options, bench, result)); }); !ok) return ok;
  auto timeline = [&] {
    return to_html({"inflight bench: timeline", fmt::format("{} on {}", options.model, options.device),
                    timeline_sections("Requests", result.timeline)});
  };
  if (auto ok = write(bench.timeline, timeline); !ok) return ok;
  if (!bench.trace.empty())
    if (Result<void> ok = write_chrome_trace(result.timeline, bench.trace); !ok) return ok;
  return bench.report_type.empty() ? Result<void>{} : write_statistics(options, bench, result);
}

std::string counters_text(const LoadSummary& load, const std::string& order) {
  Operations operations = average(load.operations);
  if (operations.empty()) return "";
  double total = total_ms(operations, &OperationTime::real_time);
  arrange(operations, order);
  std::string text = "[ INFO ] Performance counts, average over the requests\n";
  for (const OperationTime& o : operations) {
    double share = total > 0 ? 100 * to_ms(o.real_time) / total : 0;
    text += fmt::format("{:<30.30} {:<13} {:<20.20} {:<24.24} {:>9.3f} ms {:>5.1f} %\n", o.name, o.status, o.type,
                        o.kernel, to_ms(o.real_time), share);
  }
  return text + fmt::format("Total time: {:.3f} ms, processor {:.3f} ms\n", total,
                            total_ms(operations, &OperationTime::cpu_time));
}

std::string verdict_text(Scenario scenario, const ScenarioVerdict& verdict) {
  std::string value = verdict.value ? fmt::format("{:.3f}", *verdict.value) : "unknown";
  bool time = verdict.metric.find("latency") != std::string::npos;
  std::string text =
      fmt::format("[ INFO ] MLPerf {}:\n[ INFO ]    Result:        {}\n[ INFO ]    {}: {}{}\n", to_string(scenario),
                  verdict.valid ? "VALID" : "INVALID", verdict.metric, value, verdict.value && time ? " ms" : "");
  for (const std::string& reason : verdict.reasons) text += fmt::format("[ INFO ]    {}\n", reason);
  return text;
}

}  // namespace inflight::app
