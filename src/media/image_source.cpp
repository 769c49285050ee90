#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <new>
#include <optional>
#include <string_view>

#include "frame_maker.hpp"
#include "image_head.hpp"
#include "picture_limit.hpp"
#include "play_cursor.hpp"
#include "sources.hpp"
#include "unreadable.hpp"

namespace inflight::media {
namespace fs = std::filesystem;
namespace {

constexpr Duration kImageStep = std::chrono::milliseconds(40);  // no rate is known: as if 25 per second

struct Signature {
  std::string_view bytes;
  std::size_t offset;
  AVCodecID codec;
};

// By content, not by name: a PNG that is called .jpg is still a picture.
constexpr std::array<Signature, 11> kSignatures{{{"\x89PNG", 0, AV_CODEC_ID_PNG},
                                                 {"\xff\xd8\xff", 0, AV_CODEC_ID_MJPEG},
                                                 {"BM", 0, AV_CODEC_ID_BMP},
                                                 {"WEBP", 8, AV_CODEC_ID_WEBP},
                                                 {"II*", 0, AV_CODEC_ID_TIFF},
                                                 {"MM", 0, AV_CODEC_ID_TIFF},
                                                 {"P1", 0, AV_CODEC_ID_PBM},
                                                 {"P4", 0, AV_CODEC_ID_PBM},
                                                 {"P2", 0, AV_CODEC_ID_PGM},
                                                 {"P5", 0, AV_CODEC_ID_PGM},
                                                 {"P6", 0, AV_CODEC_ID_PPM}}};

/// The decoder for a file that begins like this.
AVCodecID codec_of(std::string_view content) {
  for (const Signature& s : kSignatures) {
    if (content.size() > s.offset && content.substr(s.offset).starts_with(s.bytes)) return s.codec;
  }
  return AV_CODEC_ID_NONE;
}

Error broken(const fs::path& file, std::string_view what) {
  return {ErrorCode::unreadable_input, fmt::format("{}: {}", file.string(), what)};
}

/// A packet with the whole file; FFmpeg's decoders of images want just that.
Result<AvPacket> load(const fs::path& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return fail(broken(file, why_unreadable(file, errno)));
  auto size = static_cast<std::streamoff>(in.tellg());
  if (size < 0) return fail(broken(file, "its size is not known; name a file"));
  if (size == 0) return fail(broken(file, "the file is empty (0 bytes); record or download it again"));
  AvPacket packet(av_packet_alloc());
  if (!packet || size > INT32_MAX / 2 || av_new_packet(packet.get(), static_cast<int>(size)) < 0) {
    return fail(broken(file, "too large for an image"));
  }
  // Else the PNG decoder would take it for the difference to the picture before (MPNG).
  packet->flags |= AV_PKT_FLAG_KEY;
  in.seekg(0);
  if (!in.read(reinterpret_cast<char*>(packet->data), size)) return fail(broken(file, "could not be read to its end"));
  return packet;
}

/// Decodes file after file, without libavformat: its guessing by name and content is for videos, and it would take a
/// "%d" in a name for a numbered series.
class ImageSource final : public Source {
 public:
  ImageSource(const std::string& spec, std::vector<fs::path> files, const SourceOptions& options)
      : files_(std::move(files)),
        limit_(limit_of(options)),
        assumed_(options.assumed_matrix),
        cursor_(options),
        guard_(limit_),
        picture_(av_frame_alloc()),
        maker_(assumed_) {
    if (!picture_) throw std::bad_alloc();
    info_ = {spec, {}, 0, frames_given(files_.size(), options), {}};
  }

  /// Decodes the first image that can be, for its size. Errors: unreadable_input, where there is none.
  Result<void> look_ahead() {
    std::optional<Error> first;
    for (const fs::path& file : files_) {
      Result<void> decoded = decode(file);
      if (decoded) describe_first();
      if (decoded) return {};
      if (!first) first = std::move(decoded.error());
    }
    if (files_.size() == 1) return fail(std::move(*first));
    return fail(ErrorCode::unreadable_input,
                fmt::format("{}: not one of its {} images can be read; {}", info_.name, files_.size(), first->message));
  }

  const SourceInfo& info() const noexcept override { return info_; }
  void interrupt() noexcept override { interrupted_ = true; }

  Result<bool> read(Frame& frame) override {
    while (!ended_ && !cursor_.done() && !interrupted_) {
      // Skipped files are not even opened.
      if (cursor_.position() == files_.size()) {
        ended_ = !cursor_.next_play();
      } else if (cursor_.take()) {
        return give(frame);
      }
    }
    return false;
  }

 private:
  void describe_first() {
    info_.size = FrameMaker::size_of(*picture_, stated_);
    if (leaves_matrix_open(static_cast<AVPixelFormat>(picture_->format), picture_->colorspace))
      info_.assumed_matrix = assumed_;
  }

  Result<bool> give(Frame& frame) {
    TimePoint began = std::chrono::steady_clock::now();
    Result<Frame> made = load_frame(files_[cursor_.position() - 1]);
    frame = made ? std::move(*made) : Frame();
    frame.id = cursor_.id();
    frame.timestamp = kImageStep * frame.id;
    frame.read_at = began;
    frame.set_file(files_[cursor_.position() - 1].string());
    if (made) return true;
    // One image tells nothing about the next: what is lost is this frame, not the source.
    return fail(ErrorCode::unreadable_frame, std::move(made.error().message));
  }

  Result<Frame> load_frame(const fs::path& file) {
    if (auto decoded = decode(file); !decoded) return fail(std::move(decoded.error()));
    Result<Frame> made = maker_.make(*picture_, stated_);
    if (!made) return fail(broken(file, made.error().message));
    return made;
  }

  /// Leaves the pixels in picture_.
  Result<void> decode(const fs::path& file) {
    auto packet = load(file);
    if (!packet) return fail(std::move(packet.error()));
    std::string_view content{reinterpret_cast<const char*>((*packet)->data), static_cast<std::size_t>((*packet)->size)};
    AVCodecID id = codec_of(content);
    if (id == AV_CODEC_ID_NONE) return fail(broken(file, "not an image; remove it, or name one (png, jpg, bmp, webp)"));
    ImageHead head = read_image_head(content, id);
    if (auto why = head.size ? too_large(*head.size, AV_PIX_FMT_NONE, limit_) : std::nullopt; why)
      return fail(broken(file, *why));
    stated_ = head.orientation.value_or(Orientation{});
    if (!codec_ || codec_->codec_id != id) {
      if (auto opened = open_decoder(id); !opened) return fail(broken(file, opened.error().message));
    }
    av_frame_unref(picture_.get());
    int code = avcodec_send_packet(codec_.get(), packet->get());
    if (code >= 0) code = avcodec_receive_frame(codec_.get(), picture_.get());
    if (code >= 0) return {};
    codec_.reset();  // may be in any state now
    return fail(broken(file, why_undecodable(head, code)));
  }

  std::string why_undecodable(const ImageHead& head, int code) {
    if (auto refusal = guard_.take_refusal()) return *refusal;
    if (head.animated)
      return "an animated image, which this FFmpeg cannot decode; convert it to a video, or keep one picture of it";
    return fmt::format("the image is damaged ({}); remove or replace it", av_error_text(code));
  }

  Result<void> open_decoder(AVCodecID id) {
    const AVCodec* decoder = avcodec_find_decoder(id);
    codec_.reset(decoder ? avcodec_alloc_context3(decoder) : nullptr);
    if (!codec_) return fail(ErrorCode::unreadable_input, "this FFmpeg cannot decode images of its kind; convert it");
    guard_.watch(*codec_);
    // Half a picture is an error, not a picture whose rest is grey.
    codec_->err_recognition = AV_EF_CRCCHECK;
    // The TIFF decoder would be so strict about tags that it merely does not know.
    if (id != AV_CODEC_ID_TIFF) codec_->err_recognition |= AV_EF_EXPLODE;
    codec_->thread_count = 1;  // frame threads would hold the picture back until the next
    if (int code = avcodec_open2(codec_.get(), decoder, nullptr); code < 0) {
      codec_.reset();
      return fail(ErrorCode::unreadable_input, av_error_text(code));
    }
    return {};
  }

  const std::vector<fs::path> files_;
  SourceInfo info_;
  const PictureLimit limit_;
  const ColorMatrix assumed_;
  PlayCursor cursor_;
  PictureGuard guard_;
  AvCodecContext codec_;  // of the last image; most folders hold one kind
  AvFrame picture_;
  Orientation stated_;  // of the picture, as the file says it
  FrameMaker maker_;
  bool ended_ = false;
  std::atomic<bool> interrupted_{false};
};

}  // namespace

Result<std::unique_ptr<Source>> open_images(const std::string& spec, std::vector<fs::path> files,
                                            const SourceOptions& options) {
  start_ffmpeg();
  auto source = std::make_unique<ImageSource>(spec, std::move(files), options);
  if (auto ok = source->look_ahead(); !ok) return fail(std::move(ok.error()));
  return source;
}

}  // namespace inflight::media
