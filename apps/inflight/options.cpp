#include "options.hpp"

#include <fmt/format.h>

namespace inflight::app {
namespace {

template <class T>
using Names = std::map<std::string, T>;

const Names<PerformanceHint> kHints{{"latency", PerformanceHint::latency},
                                    {"throughput", PerformanceHint::throughput},
                                    {"tput", PerformanceHint::throughput},
                                    {"cumulative_throughput", PerformanceHint::cumulative_throughput},
                                    {"ctput", PerformanceHint::cumulative_throughput}};
const Names<ElementType> kPrecisions{{"f32", ElementType::f32}, {"f16", ElementType::f16}, {"bf16", ElementType::bf16}};
const Names<Api> kApis{{"sync", Api::sync}, {"async", Api::async}};
const Names<NmsMode> kNmsModes{{"class", NmsMode::class_wise}, {"agnostic", NmsMode::agnostic}};

/// An option whose value is one of a few names.
template <class T>
CLI::Option* add_choice(CLI::App& command, const std::string& flag, T& value, const Names<std::decay_t<T>>& names,
                        const std::string& help) {
  auto set = [&value, &names](const std::string& name) { value = names.at(name); };
  std::vector<std::string> choices;
  for (const auto& [name, choice] : names) choices.push_back(name);
  return command.add_option_function<std::string>(flag, set, help)->check(CLI::IsMember(choices));
}

template <class T>
CLI::Option* add_choice(CLI::App& command, const std::string& flag, std::optional<T>& value, const Names<T>& names,
                        const std::string& help) {
  auto set = [&value, &names](const std::string& name) { value = names.at(name); };
  std::vector<std::string> choices;
  for (const auto& [name, choice] : names) choices.push_back(name);
  return command.add_option_function<std::string>(flag, set, help)->check(CLI::IsMember(choices));
}

}  // namespace

void add_model_options(CLI::App& command, Options& options) {
  CompileOptions& compile = options.detector.compile;
  PostprocessOptions& post = options.detector.postprocess;
  command.add_option("-m,--model", options.model, "model file (.xml, .onnx, .tflite, …)")->required();
  command.add_option("-d,--device", options.device, "device: CPU, ov:CPU, sim:latency=5ms,…")->capture_default_str();
  add_choice(command, "--hint", options.hint, kHints, "tune the engine for latency or throughput");
  command.add_option("--streams", compile.execution_streams, "execution streams of the engine; default by the hint")
      ->check(CLI::PositiveNumber);
  command.add_option("--threads", compile.threads, "processor threads of the engine")->check(CLI::PositiveNumber);
  add_choice(command, "--precision", compile.precision, kPrecisions, "precision of the computation");
  command.add_option("--cache-dir", compile.cache_dir, "keep compiled models in this folder");
  command.add_option("-p,--property", options.properties, "a property of the engine, NAME=VALUE; may be repeated");
  command.add_option("--decoder", options.detector.decoder, "how to read the outputs, where that is not recognised");
  command.add_option("--score", post.score_threshold, "lowest score that counts")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--iou", post.nms_iou, "overlap above which the lower score is dropped")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_choice(command, "--nms", post.nms, kNmsModes, "drop overlaps within a class, or across classes (agnostic)");
}

void add_source_options(CLI::App& command, Options& options) {
  SourceOptions& source = options.source;
  command.add_option("-i,--input", options.input, "video, image, folder, glob, URL, or synthetic:640x360,frames=100")
      ->required();
  command.add_option("--loop", source.loop, "play it N times; 0: for ever")->check(CLI::NonNegativeNumber);
  command.add_option("--limit", source.limit, "end after N frames")->check(CLI::PositiveNumber);
  command.add_option("--start", source.start, "skip the first N frames")->check(CLI::NonNegativeNumber);
  command.add_option("--every", source.every, "use every N-th frame")->check(CLI::PositiveNumber);
  command.add_option("--decode-threads", source.decode_threads, "threads of the video decoder")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

void add_run_options(CLI::App& command, Options& options) {
  PipelineOptions& pipeline = options.pipeline;
  command.add_option("--requests", pipeline.requests, "inferences in flight; default: twice what the engine asks for")
      ->check(CLI::PositiveNumber);
  auto set_megabytes = [&pipeline](std::size_t mb) { pipeline.max_frame_bytes = mb << 20; };
  command.add_option_function<std::size_t>("--max-frame-mb", set_megabytes, "bound on pixels held, in MiB (256)")
      ->check(CLI::PositiveNumber);
  command.add_flag("-q,--quiet", options.quiet, "print nothing but errors");
}

void add_output_options(CLI::App& command, Options& options) {
  add_choice(command, "--api", options.api, kApis, "sync: one request, step by step; async (default)");
  command.add_option("-o,--output", options.output, "annotated video (.mp4, …), or a folder for annotated images");
  command.add_option("--codec", options.codec, "FFmpeg encoder; default libx264, else mpeg4");
  command.add_option("--json", options.json, "detections, one JSON object per frame; - for standard output");
  command.add_option("--summary", options.summary, "the run in numbers, as JSON; - for standard output");
  command.add_flag("--show", options.show, "show the annotated frames in a window");
  command.add_flag("--calibrate", options.calibrate, "measure each stage alone first: limit and efficiency");
}

Result<void> resolve(Options& options) {
  CompileOptions& compile = options.detector.compile;
  for (const std::string& property : options.properties) {
    std::size_t equals = property.find('=');
    if (equals == 0 || equals == std::string::npos)
      return fail(ErrorCode::invalid_argument, fmt::format("-p {}: write it as NAME=VALUE", property));
    compile.properties[property.substr(0, equals)] = property.substr(equals + 1);
  }
  if (options.hint) compile.hint = *options.hint;
  options.pipeline.api = options.api;
  return {};
}

}  // namespace inflight::app
