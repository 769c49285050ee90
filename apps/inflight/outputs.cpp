#include "outputs.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

/// A name without an extension, or an existing folder, is a folder of images.
bool is_image_folder(const fs::path& output) { return fs::is_directory(output) || !output.has_extension(); }

Result<void> check_file(const std::string& text) {
  if (text.empty() || text == "-") return {};
  fs::path path(text);
  fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  auto unwritable = [&](const char* why) {
    return fail(ErrorCode::unwritable_output, fmt::format("{}: {}; choose another output path", text, why));
  };
  if (fs::is_directory(path)) return unwritable("is a folder");
  if (!fs::exists(folder)) {
    // `-o out/video.mp4` on a fresh checkout should just work.
    std::error_code error;
    if (fs::create_directories(folder, error); error) return unwritable("its folder cannot be created");
  }
  bool writable = access(fs::exists(path) ? path.c_str() : folder.c_str(), W_OK) == 0;
  return writable ? Result<void>{} : unwritable("no permission to write there");
}

double rate_of(const SourceInfo& source) { return source.frames_per_second > 0 ? source.frames_per_second : 25; }

Result<std::unique_ptr<Sink>> open_picture_sink(const Options& options, const fs::path& path, const SourceInfo& source) {
  Draw draw = [](const Picture& picture, const FrameResult& result) { draw_overlay(picture, result); };
  if (is_image_folder(path)) return open_image_sink(path, draw);
  VideoSinkOptions video;
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

/// Several sinks as one, and a scratch folder that goes when it goes.
class DiscardedOutputs final : public Sink {
 public:
  DiscardedOutputs(Sinks sinks, fs::path scratch) : sinks_(std::move(sinks)), scratch_(std::move(scratch)) {}
  ~DiscardedOutputs() override {
    sinks_.clear();
    std::error_code ignored;  // a scratch folder that cannot be removed is left to the system
    fs::remove_all(scratch_, ignored);
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
  fs::path scratch_;
};

}  // namespace

Result<void> check_outputs(const Options& options) {
  for (const std::string& path : {options.json, options.summary})
    if (Result<void> ok = check_file(path); !ok) return ok;
  if (options.output.empty() || is_image_folder(options.output)) return {};
  return check_file(options.output);
}

Result<Sinks> open_outputs(const Options& options, const SourceInfo& source, std::function<void()> closed) {
  Sinks sinks;
  Result<void> ok;
  if (!options.json.empty()) ok = add(sinks, open_json_sink(options.json));
  if (ok && !options.output.empty()) ok = add(sinks, open_picture_sink(options, options.output, source));
  if (ok && options.show) {
    Draw draw = [](const Picture& picture, const FrameResult& result) { draw_overlay(picture, result); };
    ok = add(sinks, open_window_sink("inflight: " + source.name, draw, std::move(closed)));
  }
  if (!ok) return fail(std::move(ok.error()));
  return sinks;
}

Result<std::unique_ptr<Sink>> open_discarded_outputs(const Options& options, const SourceInfo& source) {
  fs::path scratch = fs::temp_directory_path() / fmt::format("inflight-{}", getpid());
  std::error_code error;
  if (fs::create_directories(scratch, error); error)
    return fail(ErrorCode::unwritable_output, scratch.string() + ": cannot be created; set TMPDIR to another folder");
  Sinks sinks;
  Result<void> ok;
  if (!options.json.empty()) ok = add(sinks, open_json_sink(scratch / "detections.jsonl"));
  if (ok && !options.output.empty())
    ok = add(sinks, open_picture_sink(options, scratch / fs::path(options.output).filename(), source));
  auto all = std::make_unique<DiscardedOutputs>(std::move(sinks), scratch);
  if (!ok) return fail(std::move(ok.error()));
  return all;
}

Result<void> write_text(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::cout << text << '\n' << std::flush;
    return {};
  }
  std::ofstream file(path);
  file << text << '\n' << std::flush;
  if (!file) return fail(ErrorCode::output_failed, path + ": cannot be written; is the disk full?");
  return {};
}

}  // namespace inflight::app
