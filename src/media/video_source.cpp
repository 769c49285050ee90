#include <fmt/format.h>

#include <new>
#include <optional>
#include <utility>

#include "frame_maker.hpp"
#include "play_cursor.hpp"
#include "presentation_clock.hpp"
#include "sources.hpp"
#include "video_decoder.hpp"

namespace inflight::media {
namespace {

constexpr Duration kUnknownStep = std::chrono::milliseconds(40);

/// How far apart pictures are that carry no times.
Duration step_of(double frames_per_second) {
  if (frames_per_second <= 0) return kUnknownStep;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1 / frames_per_second));
}

/// Demuxer → decoder → cursor (which pictures are wanted) → frame. Each picture passes through the clock and the
/// cursor, wanted or not, so that times and numbers do not depend on what is skipped.
class VideoSource final : public Source {
 public:
  VideoSource(std::unique_ptr<Demuxer> demuxer, std::unique_ptr<VideoDecoder> decoder, const SourceOptions& options)
      : demuxer_(std::move(demuxer)),
        decoder_(std::move(decoder)),
        picture_(av_frame_alloc()),
        stated_(orientation_of(demuxer_->stream())),
        maker_(options.assumed_matrix),
        cursor_(options),
        clock_(demuxer_->stream().time_base, step_of(demuxer_->frames_per_second())) {
    if (!picture_) throw std::bad_alloc();
    const AVCodecParameters& parameters = *demuxer_->stream().codecpar;
    Size upright = turned(Size{parameters.width, parameters.height}, stated_);
    info_ = {demuxer_->name(), upright, demuxer_->frames_per_second(), promised_, {}};
    if (promised_) info_.frames = frames_given(*promised_, options);
    if (leaves_matrix_open(static_cast<AVPixelFormat>(parameters.format), parameters.color_space))
      info_.assumed_matrix = options.assumed_matrix;
  }

  const SourceInfo& info() const noexcept override { return info_; }
  void interrupt() noexcept override { demuxer_->interrupt(); }
  void on_event(std::function<void(const SourceEvent&)> told) override { told_ = std::move(told); }
  bool is_live() const noexcept override { return demuxer_->is_live(); }

  Result<bool> read(Frame& frame) override {
    remark();
    while (!ended_ && !cursor_.done() && !demuxer_->interrupted()) {
      if (!decoder_->next(*picture_)) {
        auto again = end_play();
        ended_ = !again || !*again;
        if (!again) return again;
        continue;
      }
      Duration timestamp = clock_.stamp(picture_->best_effort_timestamp);
      if (cursor_.take()) return give(frame, timestamp);
    }
    ended_ = true;
    return false;
  }

 private:
  /// Once, before the first picture: what is not done as the source asks for it.
  void remark() {
    std::optional<double> angle = std::exchange(remarked_, true) ? std::nullopt : odd_angle(demuxer_->stream());
    if (!angle || !told_) return;
    told_({"source_remark",
           fmt::format("{}: is to be turned by {:.0f} degrees; only multiples of 90 are done, so it is turned by {}",
                       info_.name, *angle, 90 * stated_.quarter_turns)});
  }

  Result<bool> give(Frame& frame, Duration timestamp) {
    // Asked first: a picture whose planes are handed out is blank afterwards.
    TimePoint began = VideoDecoder::began(*picture_);
    picture_->sample_aspect_ratio = demuxer_->pixel_aspect(*picture_);
    auto made = maker_.make(*picture_, stated_);
    if (!made) {
      ended_ = true;
      return fail(made.error().code, fmt::format("{}: frame {}: {}", info_.name, cursor_.id(), made.error().message));
    }
    frame = std::move(*made);
    frame.id = cursor_.id();
    frame.timestamp = timestamp;
    frame.read_at = began;
    return true;
  }

  /// True: another play begins. Damage ends the source, for what is missing would be missing again.
  Result<bool> end_play() {
    if (demuxer_->interrupted()) return false;
    auto sound = check_play();
    if (demuxer_->stalled() && told_) told_({"source_stalled", sound.error().message});
    if (!sound) return fail(std::move(sound.error()));
    if (demuxer_->is_live() || !cursor_.next_play()) return false;
    if (int code = demuxer_->rewind(); code < 0) {
      return fail(ErrorCode::unreadable_input, fmt::format("{}: cannot be played again from its start: {}; use loop=1",
                                                           info_.name, av_error_text(code)));
    }
    decoder_->restart();
    clock_.restart();
    return true;
  }

  /// Were all pictures there that the source promised?
  Result<void> check_play() const {
    auto early = demuxer_->early_end(decoder_->end_code());
    if (!early && decoder_->ends_damaged() && !demuxer_->is_live()) early = "its last picture is cut off";
    bool faulty = decoder_->undecodable() > 0 && !demuxer_->is_live();
    std::string why = early ? *early : decoder_->first_fault();
    if (cursor_.position() == 0) {
      if (!early && !faulty) why = "it holds none";
      return fail(ErrorCode::unreadable_input,
                  fmt::format("{}: not one picture could be decoded: {}; try `ffprobe` on it", info_.name, why));
    }
    if (early) {
      std::string of = promised_ ? fmt::format(" (of {})", *promised_) : "";
      return fail(ErrorCode::unreadable_input,
                  fmt::format("{}: ended early after frame {}{}: {}; what was read before is kept", info_.name,
                              cursor_.seen() - 1, of, why));
    }
    if (!faulty) return {};
    return fail(ErrorCode::unreadable_input,
                fmt::format("{}: {} of its packets could not be decoded: {}; the frames that could are kept",
                            info_.name, decoder_->undecodable(), why));
  }

  // The decoder borrows the demuxer, so it comes after it and goes before it.
  std::unique_ptr<Demuxer> demuxer_;
  std::unique_ptr<VideoDecoder> decoder_;
  std::optional<std::uint64_t> promised_ = demuxer_->pictures();
  SourceInfo info_;
  AvFrame picture_;
  const Orientation stated_;  // of pictures that do not say theirs themselves
  FrameMaker maker_;
  PlayCursor cursor_;
  PresentationClock clock_;
  std::function<void(const SourceEvent&)> told_;
  bool remarked_ = false;
  bool ended_ = false;
};

}  // namespace

Result<std::unique_ptr<Source>> open_video(const std::string& spec, const SourceOptions& options, Duration patience) {
  auto demuxer = Demuxer::open(spec, {patience, options.stall_after, limit_of(options), options.stop_opening});
  if (!demuxer) return fail(std::move(demuxer.error()));
  auto decoder = VideoDecoder::open(**demuxer, limit_of(options), options.decode_threads);
  if (!decoder) return fail(std::move(decoder.error()));
  return std::make_unique<VideoSource>(std::move(*demuxer), std::move(*decoder), options);
}

}  // namespace inflight::media
