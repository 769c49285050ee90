#include "sinks.hpp"

#include "outputs.hpp"
#include "scratch.hpp"

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

double rate_of(const SourceInfo& source) { return source.frames_per_second > 0 ? source.frames_per_second : 25; }

Result<std::unique_ptr<Sink>> open_picture_sink(const Options& options, const fs::path& path,
                                                const SourceInfo& source) {
  Draw draw = [](const Picture& picture, const FrameResult& result) { draw_overlay(picture, result); };
  if (is_image_folder(path.string())) return open_image_sink(path, draw);
  VideoSinkOptions video;
  video.threads = options.encode_threads;
  video.frames_per_second = rate_of(source) / static_cast<double>(options.source.every);
  video.draw = draw;
  video.codec = options.codec;
  video.max_bytes = options.pipeline.max_frame_bytes / 2;
  return open_video_sink(path, video);
}

Result<void> add(Sinks& sinks, Result<std::unique_ptr<Sink>> sink) {
  if (!sink) return fail(std::move(sink.error()));
  sinks.push_back(std::move(*sink));
  return {};
}

/// Several sinks as one, and the folder that goes when it goes.
class DiscardedOutputs final : public Sink {
 public:
  DiscardedOutputs(Scratch scratch, Sinks sinks) : scratch_(std::move(scratch)), sinks_(std::move(sinks)) {}
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
  std::size_t bytes_held() const noexcept override {
    std::size_t bytes = 0;
    for (const auto& sink : sinks_) bytes += sink->bytes_held();
    return bytes;
  }

 private:
  Scratch scratch_;  // goes after the sinks that write there
  Sinks sinks_;
};

}  // namespace

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
  Result<Scratch> scratch = Scratch::make();
  if (!scratch) return fail(std::move(scratch.error()));
  Sinks sinks;
  Result<void> ok;
  if (!options.json.empty()) ok = add(sinks, open_json_sink(scratch->path() / "detections.jsonl"));
  if (ok && !options.output.empty())
    ok = add(sinks, open_picture_sink(options, scratch->in_place_of(options.output), source));
  if (!ok) return fail(std::move(ok.error()));
  return std::make_unique<DiscardedOutputs>(std::move(*scratch), std::move(sinks));
}

}  // namespace inflight::app
