#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>
#include <system_error>

#include "canvas.hpp"
#include "encoder.hpp"
#include "inflight/media.hpp"
#include "output_file.hpp"

namespace inflight {
namespace media {
namespace {

namespace fs = std::filesystem;

/// One encoder serves all pictures of a size; a new one opens when the size changes.
class ImageSink final : public Sink {
 public:
  ImageSink(fs::path folder, const AVCodec& codec, Draw draw)
      : folder_(std::move(folder)), codec_(codec), canvas_(std::move(draw)), packet_(av_packet_alloc()) {
    if (!packet_) throw std::bad_alloc();
  }

  Result<void> write(const FrameResult& result) override {
    if (result.status != FrameStatus::emitted || !result.frame) return {};
    const CanvasFormat wanted{picture_format(codec_), result.frame.size(), kLook, result.frame.picture().pixel_aspect};
    if (auto ready = prepare(wanted); !ready) return ready;
    auto painted = canvas_.paint(result, wanted);
    if (!painted) return fail(std::move(painted.error()));
    return store(**painted, folder_ / name_of(result.frame));
  }

  Result<void> finish() override { return {}; }
  std::size_t bytes_held() const noexcept override { return canvas_.bytes_held(); }

 private:
  // What JFIF prescribes; PNG's RGB needs no more.
  static constexpr ColorLook kLook{ColorMatrix::bt601, ColorRange::full};

  std::string name_of(const Frame& frame) const {
    const char* extension = codec_.id == AV_CODEC_ID_PNG ? "png" : "jpg";
    // Sources that share a folder must not overwrite each other's pictures.
    std::string source = frame.source == 0 ? "" : fmt::format("{}_", frame.source);
    return fmt::format("{}{:06}{}.{}", source, frame.id, name_in(frame.file()), extension);
  }

  /// "_cat" of "pets/cat.png", within what file systems take.
  static std::string name_in(const fs::path& file) {
    constexpr std::size_t kLongest = 200;
    std::string stem = file.stem().string();
    return stem.empty() ? "" : fmt::format("_{}", stem.substr(0, kLongest));
  }

  /// An open encoder for pictures of this size.
  Result<void> prepare(const CanvasFormat& wanted) {
    if (encoder_ && wanted.size == format_.size && wanted.aspect == format_.aspect) return {};
    EncoderSpec spec;
    spec.codec = &codec_;
    spec.picture = wanted;
    auto opened = open_encoder(spec);
    if (!opened) return fail(ErrorCode::output_failed, fmt::format("{}: {}", folder_.string(), opened.error().message));
    encoder_ = std::move(*opened);
    format_ = wanted;
    return {};
  }

  Result<void> store(AVFrame& picture, const fs::path& path) {
    picture.quality = encoder_->global_quality;  // where JPEG looks for it
    picture.pts = next_++;
    Result<void> stored;  // FFmpeg cannot hand our error on
    int code = encode(*encoder_, &picture, *packet_, [&](const AVPacket& packet) {
      stored = write_file(path, {reinterpret_cast<const char*>(packet.data), static_cast<std::size_t>(packet.size)});
      return 0;
    });
    if (code >= 0) return stored;
    return fail(ErrorCode::output_failed, fmt::format("{}: encoding failed: {}", path.string(), av_error_text(code)));
  }

  static Result<void> write_file(const fs::path& path, std::string_view bytes) {
    auto file = OutputFile::open(path);
    if (!file) return fail(ErrorCode::output_failed, std::move(file.error().message));
    if (auto written = file->write(bytes); !written) return written;
    return file->close();
  }

  const fs::path folder_;
  const AVCodec& codec_;
  Canvas canvas_;
  AvPacket packet_;
  AvCodecContext encoder_;  // for pictures like the last
  CanvasFormat format_;     // which were these
  std::int64_t next_ = 0;
};

/// Creates the folder if need be and tries it with a file, for permissions alone do not tell.
Result<void> check_folder(const fs::path& folder) {
  std::error_code trouble;
  fs::create_directories(folder, trouble);
  if (trouble) return fail(unwritable(folder, trouble.value()));
  // A name that nobody can guess, and put a link in the place of, where others may write to the folder.
  std::string trial = (folder / ".inflight-XXXXXX").string();
  int file = mkostemp(trial.data(), O_CLOEXEC);
  if (file < 0) return fail(unwritable(folder / "000000", errno));
  ::close(file);
  fs::remove(trial, trouble);
  return {};
}

}  // namespace
}  // namespace media

Result<std::unique_ptr<Sink>> open_image_sink(const std::filesystem::path& folder, Draw draw) {
  media::start_ffmpeg();
  // "folder/*.png" asks for PNG; a plain folder gets JPEG, a tenth of the size.
  std::string extension = folder.extension().string();
  bool pattern = folder.filename().string().starts_with("*");
  bool png = pattern && extension == ".png";
  if (pattern && !png && extension != ".jpg" && extension != ".jpeg") {
    return fail(ErrorCode::unwritable_output,
                fmt::format("{}: images are written as *.jpg or *.png; name one of these", folder.string()));
  }
  std::filesystem::path place = !pattern ? folder : folder.has_parent_path() ? folder.parent_path() : ".";
  const AVCodec* codec = avcodec_find_encoder(png ? AV_CODEC_ID_PNG : AV_CODEC_ID_MJPEG);
  if (!codec) {
    return fail(ErrorCode::unwritable_output, fmt::format("{}: this FFmpeg cannot write {}; try the other of *.jpg "
                                                          "and *.png",
                                                          folder.string(), png ? "PNG" : "JPEG"));
  }
  if (auto ok = media::check_folder(place); !ok) return fail(std::move(ok.error()));
  return std::make_unique<media::ImageSink>(place, *codec, std::move(draw));
}

}  // namespace inflight
