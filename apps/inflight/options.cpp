#include "options.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "choices.hpp"
#include "console.hpp"
#include "inflight/detail/joined.hpp"
#include "usage.hpp"

namespace inflight::app {
namespace {

/// What is told of the run itself.
void add_record_options(CLI::App& command, Options& options) {
  add_text(command, "--report", options.report, "FILE.html")
      ->description("the run in charts: speed, times, stages, processor, queues, events");
  add_text(command, "--timeline", options.timeline, "FILE.html")
      ->description("every request and every step on a time axis, to zoom into");
  add_text(command, "--trace", options.trace, "FILE.json")
      ->description("the same for ui.perfetto.dev or chrome://tracing");
  add_text(command, "--metrics", options.metrics, "[ADDRESS:]PORT")
      ->description("Prometheus metrics, for this machine alone; *:PORT: for everybody; port 0: a free one");
}

/// Above the progress bar, where there is one.
void print_event(const DeviceEvent& event) {
  static const TimePoint start = steady_clock().now();
  tell("{}inflight: {:8.3f} s  {} {}: {}\n", isatty(STDERR_FILENO) == 1 ? "\r\x1b[K" : "", to_seconds(event.at - start),
       event.device, event.kind, event.text);
}

}  // namespace

void add_engine_options(CLI::App& command, Options& options, bool by_place) {
  CompileOptions& compile = options.detector.compile;
  command.option_defaults()->group("Model");
  add_text(command, by_place ? "-m,--model,MODEL" : "-m,--model", options.model, "FILE")
      ->required()
      ->description("the model (.xml, .onnx, .tflite, …); required");
  add_text(command, "-d,--device", options.device, "DEVICE")
      ->description("CPU (default), ort:CPU, AUTO, MULTI:ov:CPU,ort:CPU, BATCH:ort:CPU(8), …");
  add_choice(command, "--hint", options.hint, kHints)->description("tune the engine for latency or throughput");
  add_number(command, "--streams", compile.execution_streams)->description("execution streams; default by the hint");
  add_number(command, "--threads", compile.threads)->description("processor threads of the engine");
  add_choice(command, "--precision", compile.precision, kPrecisions)->description("of the computation");
  add_text(command, "--cache-dir", compile.cache_dir, "FOLDER")->description("keep compiled models there");
  add_text(command, "-p,--property", options.properties, "NAME=VALUE")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->description("a property of the engine, by its own name; may be repeated");
}

void add_model_options(CLI::App& command, Options& options, bool by_place) {
  add_engine_options(command, options, by_place);
  PostprocessOptions& post = options.detector.postprocess;
  add_text(command, "--decoder", options.detector.decoder, "NAME")
      ->description(fmt::format("how to read the outputs, where that is not recognised: {}",
                                detail::joined(decoder_names(), ", ")));
  add_share(command, "--score", post.score_threshold)->description("lowest score that counts (0.3)");
  add_share(command, "--iou", post.nms_iou)->description("overlap above which the lower score is dropped (0.5)");
  add_choice(command, "--nms", post.nms, kNmsModes)->description("drop overlaps within a class, or across all");
  add_choice(command, "--boxes", post.box_unit, kBoxUnits)
      ->description("unit of YOLOv5 boxes; default: told by their values");
  add_size(command, "--input-size", options.detector.input_size)
      ->description("of the model's input, where it is open; default: the file's, else the source's");
}

void add_source_options(CLI::App& command, Options& options) {
  SourceOptions& source = options.source;
  command.option_defaults()->group("Input");
  add_text(command, "-i,--input", options.input, "INPUT")
      ->required()
      ->description("video, image, folder, glob, URL, or synthetic:640x360,frames=100; required");
  add_number(command, "--loop", source.loop, 0)->description("play it N times; 0: for ever");
  add_number(command, "--limit", source.limit)->description("end after N frames");
  add_number(command, "--start", source.start, 0)->description("skip the first N frames");
  add_number(command, "--every", source.every)->description("use every N-th frame");
  add_number(command, "--decode-threads", source.decode_threads)->description("threads of the video decoder (1)");
  add_choice(command, "--color-matrix", source.assumed_matrix, kColorMatrices)
      ->description("of YUV pictures that do not say theirs (bt601)");
}

void add_sharing_options(CLI::App& command, Options& options) {
  SourceOptions& source = options.source;
  command.remove_option(command.get_option("-m"));
  command.remove_option(command.get_option("-i"));
  command.option_defaults()->group("Model");
  add_texts(command, "-m,--model", options.models, "[NAME=]FILE")
      ->required()
      ->description("a model (.xml, .onnx, …); several: -m A -m 'cars=B -d ort:CPU'; required");
  add_choice(command, "--mode", options.mode, kModes)->description("how several models share the machine (shared)");
  command.add_flag("--engine-defaults", options.engine_defaults, "let engines choose their threads, as most people do");
  add_text(command, "--then", options.then, "[NAME=]FILE")
      ->description("a second model for each box of the first: its output becomes the box's features");
  add_texts(command, "--on", options.on_labels, "LABEL")->description("only for boxes of this label; may be repeated");
  add_text(command, "--then-device", options.then_device, "DEVICE")
      ->description("of the second model; default: BATCH over that of the first");
  add_number(command, "--max-running", options.pipeline.max_running)
      ->description("inferences side by side over all models (shared); default: a few more than processors");
  add_number(command, "--cpus", options.cpus)
      ->description("use so many processors for everything; default: all that this process may use");
  command.option_defaults()->group("Input");
  add_texts(command, "-i,--input", options.inputs, "INPUT …")
      ->required()
      ->allow_extra_args()
      ->description("videos, images, folders, URL, camera, synthetic:640x360, or a .txt list of these; required");
  command.add_flag("--realtime", source.realtime, "play files at their own pace, as cameras would");
  add_choice(command, "--overflow", options.overflow, kOverflowPolicies)
      ->description("frames that come too fast wait (default), or the oldest or the latest are dropped");
  add_duration(
      command, "--max-age", [&](Duration age) { options.max_age = age; }, std::chrono::milliseconds(1))
      ->option_text("TIME")
      ->description("drop frames older than this before their inference");
  add_duration(
      command, "--stall-after", [&](Duration d) { source.stall_after = d; }, std::chrono::seconds(1))
      ->option_text("TIME")
      ->description("a live source without a frame for so long is lost (10s)");
  add_number(command, "--reconnects", source.reconnects, -1)
      ->description("tries to open a lost source again; -1: for ever (default)");
  command.add_flag("--skip-bad", options.skip_bad, "go on without lines of a list, and sources, that are not usable");
  command.add_flag("--watch", options.watch, "add and remove sources when a list changes; the run ends with Ctrl-C");
}

void add_run_options(CLI::App& command, Options& options) {
  PipelineOptions& pipeline = options.pipeline;
  command.option_defaults()->group("Run");
  add_number(command, "--requests", pipeline.requests)
      ->description("inferences in flight; default: twice what the engine asks for");
  add_number(command, "--max-frames", pipeline.max_frames)
      ->description("frames on their way at most; default: found while it runs");
  auto set_place = [&options](const std::string& place) { options.detector.compile.u8_input = place == "inside"; };
  command.add_option_function<std::string>("--convert", set_place)
      ->check(CLI::IsMember({"inside", "outside"}))
      ->option_text("inside|outside")
      ->description("bytes become numbers in the engine's graph (default), or before");
  auto set_megabytes = [&options](std::size_t mb) {
    options.pipeline.max_frame_bytes = options.source.max_picture_bytes = mb << 20;
  };
  command.add_option_function<std::size_t>("--max-frame-mb", set_megabytes)
      ->check(between(1, 1 << 20))
      ->option_text("N")
      ->description("bound on the pixels held, also of one picture, in MiB (256)");
  command.add_flag("-q,--quiet", options.quiet, "print nothing but errors");
  command.add_flag("-v,--verbose", options.verbose, "tell what AUTO, MULTI and BATCH devices do, as they do it");
}

void add_output_options(CLI::App& command, Options& options) {
  command.option_defaults()->group("Run");
  add_choice(command, "--api", options.api, kApis)
      ->description("sync: one request, step by step; async is the default");
  command.add_flag("--calibrate", options.calibrate, "measure each stage alone first: limit and efficiency");
  command.option_defaults()->group("Output");
  add_text(command, "-o,--output", options.output, "PATH")
      ->description("annotated video (.mp4, …; - for standard output), or a folder for annotated images");
  add_text(command, "--codec", options.codec, "NAME")->description("FFmpeg encoder; default libx264, else mpeg4");
  add_number(command, "--encode-threads", options.encode_threads, 0)
      ->description("threads of the video encoder (0: as many as it likes)");
  add_text(command, "--json", options.json, "FILE")
      ->description("detections, one JSON object per frame; - for standard output");
  add_text(command, "--summary", options.summary, "FILE")
      ->description("the run in numbers, as JSON; - for standard output");
  command.add_flag("--show", options.show, "show the annotated frames in a window");
  add_record_options(command, options);
}

void add_compare_options(CLI::App& command, Options& options) {
  command.option_defaults()->group("Run");
  add_number(command, "--rounds", options.rounds)->description("interleaved rounds (3)");
  command.add_option("--config", options.configs)
      ->option_text("NAME='OPTIONS'")
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->description("another run, with these options besides: --config six='--requests 6'; may be repeated");
  command.add_flag("--modes", options.compare_modes,
                   "compare the ways in which several models (-m …, -m …) share the machine");
  command.option_defaults()->group("Output");
  add_text(command, "-o,--output", options.output, "PATH")->description("measure with such a video; it is not kept");
  add_text(command, "--json", options.json, "FILE")->description("measure with such lines; they are not kept");
  add_text(command, "--report", options.report, "FILE.html")->description("the same as a page with charts");
  add_text(command, "--summary", options.summary, "FILE")
      ->description("all numbers of all rounds, as JSON; - for standard output");
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
  if (!options.models.empty()) options.model = options.models.front();
  if (!options.inputs.empty()) options.input = options.inputs.front();
  if (options.mode == Mode::serial) options.api = Api::sync;
  if (options.mode == Mode::threads || options.mode == Mode::processes) options.pipeline.strategy = Strategy::threads;
  if (options.mode == Mode::coroutines) options.pipeline.strategy = Strategy::coroutines;
  if (options.watch && options.api == Api::sync)
    return fail(ErrorCode::invalid_argument,
                "--watch needs an asynchronous run; leave out --mode serial and --api sync");
  if (options.then.empty() && (!options.on_labels.empty() || !options.then_device.empty()))
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} is about the second model, and there is none; add --then FILE",
                            options.on_labels.empty() ? "--then-device" : "--on"));
  options.pipeline.api = options.api;
  options.detector.picture_size = [input = options.input, source = options.source] {
    Result<std::unique_ptr<Source>> opened = open_source(input, source);
    return opened ? (*opened)->info().size : Size{};
  };
  if (options.verbose && !options.quiet) compile.on_event = print_event;
  return {};
}

Result<void> check_repeatable(const Options& options) {
  if (options.source.loop == 0 && options.source.limit == 0)
    return fail(ErrorCode::invalid_argument, "--loop 0 never ends; add --limit N");
  Result<std::unique_ptr<Source>> source = open_source(options.input, options.source);
  return source ? Result<void>{} : fail(std::move(source.error()));
}

}  // namespace inflight::app
