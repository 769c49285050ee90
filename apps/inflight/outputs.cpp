#include "outputs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>

#include "console.hpp"

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

/// A name without an extension, or an existing folder, is a folder of images.
bool is_image_folder(const fs::path& output) { return fs::is_directory(output) || !output.has_extension(); }

tl::unexpected<Error> unwritable(const std::string& output, const std::string& why) {
  return fail(ErrorCode::unwritable_output, fmt::format("{}: {}; choose another output path", output, why));
}

Result<void> check_folder(const std::string& output, const fs::path& folder) {
  std::error_code error;
  // `-o out/video.mp4` on a fresh checkout should just work.
  if (!fs::exists(folder, error)) fs::create_directories(folder, error);
  if (error)
    return unwritable(output, fmt::format("the folder {} cannot be created ({})", folder.string(), error.message()));
  if (!fs::is_directory(folder, error)) return unwritable(output, folder.string() + " is not a folder");
  return {};
}

/// Whether writing one would destroy the other. Devices and pipes may be shared.
bool same_file(const fs::path& a, const fs::path& b) {
  std::error_code ignored;  // what does not exist is told by its name
  fs::file_status status = fs::status(a, ignored);
  if (fs::exists(status)) {
    bool kept = fs::is_regular_file(status) || fs::is_directory(status);
    return kept && fs::equivalent(a, b, ignored);
  }
  return fs::absolute(a, ignored).lexically_normal() == fs::absolute(b, ignored).lexically_normal();
}

/// What the input is read from: a file, or the folder that a glob looks into.
fs::path input_path(const std::string& input) {
  bool glob = input.find_first_of("*?[") != std::string::npos && !fs::exists(input);
  return glob ? fs::path(input).parent_path() : fs::path(input);
}

Result<void> check_distinct(const Options& options) {
  const std::vector<std::string> outputs{options.output, options.json,     options.summary,
                                         options.report, options.timeline, options.trace};
  if (options.json == "-" && options.summary == "-")
    return fail(ErrorCode::invalid_argument, "--json - and --summary - would mix; write one of them to a file");
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].empty() || outputs[i] == "-") continue;
    for (const std::string& input : options.inputs.empty() ? std::vector{options.input} : options.inputs)
      if (same_file(outputs[i], input_path(input))) return unwritable(outputs[i], "is the input");
    for (std::size_t j = 0; j < i; ++j)
      if (!outputs[j].empty() && same_file(outputs[i], outputs[j])) return unwritable(outputs[i], "is named twice");
  }
  return {};
}

double rate_of(const SourceInfo& source) { return source.frames_per_second > 0 ? source.frames_per_second : 25; }

Result<std::unique_ptr<Sink>> open_picture_sink(const Options& options, const fs::path& path,
                                                const SourceInfo& source) {
  Draw draw = [](const Picture& picture, const FrameResult& result) { draw_overlay(picture, result); };
  if (is_image_folder(path)) return open_image_sink(path, draw);
  VideoSinkOptions video;
  video.threads = options.encode_threads;
  video.frames_per_second = rate_of(source) / static_cast<double>(options.source.every);
  video.draw = draw;
  video.codec = options.codec;
  return open_video_sink(path, video);
}

Result<void> add(Sinks& sinks, Result<std::unique_ptr<Sink>> sink) {
  if (!sink) return fail(std::move(sink.error()));
  sinks.push_back(std::move(*sink));
  return {};
}

fs::path scratch_folder() { return fs::temp_directory_path() / fmt::format("inflight-{}", getpid()); }

/// Several sinks as one, and a scratch folder that goes when it goes.
class DiscardedOutputs final : public Sink {
 public:
  explicit DiscardedOutputs(Sinks sinks) : sinks_(std::move(sinks)) {}
  ~DiscardedOutputs() override {
    sinks_.clear();
    remove_discarded_outputs();
  }
  Result<void> write(const FrameResult& result) override {
    for (auto& sink : sinks_)
      if (Result<void> written = sink->write(result); !written) return written;
    return {};
  }
  Result<void> finish() override {
    for (auto& sink : sinks_)
      if (Result<void> finished = sink->finish(); !finished) return finished;
    return {};
  }

 private:
  Sinks sinks_;
};

}  // namespace

Result<void> check_file(const std::string& output) {
  if (output.empty() || output == "-") return {};
  fs::path path(output);
  fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (fs::is_directory(path)) return unwritable(output, "is a folder");
  if (Result<void> ok = check_folder(output, folder); !ok) return ok;
  bool writable = access(fs::exists(path) ? path.c_str() : folder.c_str(), W_OK) == 0;
  return writable ? Result<void>{} : unwritable(output, "no permission to write in the folder " + folder.string());
}

Result<void> check_inputs_kept(const Options& options, const std::vector<std::string>& inputs) {
  std::vector<std::string> outputs{options.json, options.summary, options.report, options.timeline, options.trace};
  bool several = inputs.size() > 1 || options.watch;
  for (SourceId id = 0; id < inputs.size(); ++id)
    outputs.push_back(several ? output_of(options.output, id) : options.output);
  for (const std::string& output : outputs)
    for (const std::string& input : inputs)
      if (!output.empty() && output != "-" && same_file(output, input_path(input)))
        return unwritable(output, "is the input");
  return {};
}

Result<void> check_outputs(const Options& options) {
  if (Result<void> ok = check_distinct(options); !ok) return ok;
  for (const auto& [flag, path] : {std::pair("--report", &options.report), std::pair("--timeline", &options.timeline),
                                   std::pair("--trace", &options.trace)})
    if (*path == "-") return fail(ErrorCode::invalid_argument, fmt::format("{} -: name a file instead", flag));
  for (const std::string* path : {&options.json, &options.summary, &options.report, &options.timeline, &options.trace})
    if (Result<void> ok = check_file(*path); !ok) return ok;
  if (options.output.empty() || is_image_folder(options.output)) return {};
  return check_file(options.output);
}

std::string output_of(const std::string& output, SourceId source) {
  fs::path path(output);
  if (output.empty()) return output;
  if (is_image_folder(path)) return (path / std::to_string(source)).string();
  return (path.parent_path() / fmt::format("{}-{}{}", path.stem().string(), source, path.extension().string()))
      .string();
}

Result<Sinks> open_lines(const Options& options) {
  Sinks sinks;
  Result<void> ok;
  if (!options.json.empty()) ok = add(sinks, open_json_sink(options.json));
  if (!ok) return fail(std::move(ok.error()));
  return sinks;
}

Result<Sinks> open_pictures(const Options& options, const SourceInfo& source, std::function<void()> closed) {
  Sinks sinks;
  Result<void> ok;
  // What may still fail comes first: opening a file that exists empties it.
  if (options.show) {
    Draw draw = [](const Picture& picture, const FrameResult& result) { draw_overlay(picture, result); };
    ok = add(sinks, open_window_sink("inflight: " + source.name, draw, std::move(closed)));
  }
  if (ok && !options.output.empty()) ok = add(sinks, open_picture_sink(options, options.output, source));
  if (!ok) return fail(std::move(ok.error()));
  return sinks;
}

Result<std::unique_ptr<Sink>> open_discarded_outputs(const Options& options, const SourceInfo& source) {
  fs::path scratch = scratch_folder();
  std::error_code error;
  if (fs::create_directories(scratch, error); error)
    return fail(ErrorCode::unwritable_output, scratch.string() + ": cannot be created; set TMPDIR to another folder");
  Sinks sinks;
  Result<void> ok;
  if (!options.json.empty()) ok = add(sinks, open_json_sink(scratch / "detections.jsonl"));
  if (ok && !options.output.empty())
    ok = add(sinks, open_picture_sink(options, scratch / fs::path(options.output).filename(), source));
  auto all = std::make_unique<DiscardedOutputs>(std::move(sinks));
  if (!ok) return fail(std::move(ok.error()));
  return all;
}

void remove_discarded_outputs() {
  std::error_code ignored;  // a scratch folder that cannot be removed is left to the system
  fs::remove_all(scratch_folder(), ignored);
}

Result<void> write_text(const std::string& path, const std::string& text) {
  if (path == "-") {
    put("{}\n", text);
    return flush_output();
  }
  std::ofstream file(path);
  file << text << '\n' << std::flush;
  if (file) return {};
  return fail(ErrorCode::output_failed, path + ": cannot be written; is the disk full?");
}

}  // namespace inflight::app
