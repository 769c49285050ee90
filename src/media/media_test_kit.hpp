// What the tests of this folder share: real files to read, written by FFmpeg's own encoders.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "converter.hpp"
#include "encoder.hpp"
#include "inflight/media.hpp"
#include "tests/source_dir.hpp"

namespace inflight::test {

namespace fs = std::filesystem;

inline const std::string kVideo = source_file("assets/one-by-one-person-detection.mp4");
constexpr Size kVideoSize{768, 432};
constexpr std::uint64_t kVideoFrames = 1394;

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "inflight-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

inline std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void store(const std::string& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

/// `source` without its end.
inline void copy_start(const std::string& source, const std::string& target, std::size_t bytes) {
  store(target, contents(source).substr(0, bytes));
}

/// Everything that a source gave, and how it ended.
struct Reading {
  std::vector<Frame> frames;
  std::vector<std::pair<Frame, Error>> lost;  ///< frames that could not be read, and why
  Error error{ErrorCode::internal, ""};
  bool failed = false;
};

/// Keeps ids, times and sizes but not the pixels of long videos: `keep` is how many frames keep theirs.
inline Reading read_all(Source& source, std::size_t keep = 1000) {
  Reading reading;
  for (;;) {
    Frame frame;
    auto more = source.read(frame);
    if (!more && more.error().code == ErrorCode::unreadable_frame) {
      reading.lost.emplace_back(frame, more.error());
      continue;
    }
    if (!more) {
      reading.failed = true;
      reading.error = more.error();
    }
    if (!more || !*more) return reading;
    if (reading.frames.size() >= keep) {
      Frame bare = Frame::allocate({2, 2});
      bare.id = frame.id;
      bare.timestamp = frame.timestamp;
      frame = bare;
    }
    reading.frames.push_back(std::move(frame));
  }
}

inline std::unique_ptr<Source> must_open(const std::string& spec, const SourceOptions& options = {}) {
  auto source = open_source(spec, options);
  EXPECT_TRUE(source) << (source ? "" : source.error().message);
  return source ? std::move(*source) : nullptr;
}

inline Reading read_all(const std::string& spec, const SourceOptions& options = {}, std::size_t keep = 1000) {
  auto source = must_open(spec, options);
  return source ? read_all(*source, keep) : Reading{};
}

inline std::vector<std::uint64_t> ids(const Reading& reading) {
  std::vector<std::uint64_t> all;
  for (const Frame& frame : reading.frames) all.push_back(frame.id);
  return all;
}

inline int luma(const Frame& frame, int x, int y) {
  const Plane& plane = frame.picture().planes[0];
  return plane.data[static_cast<std::ptrdiff_t>(y) * plane.stride + x];
}

/// Mean distance of the luma of two pictures of one size.
inline double distance(const Frame& a, const Frame& b) {
  double sum = 0;
  auto [width, height] = a.size();
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) sum += std::abs(luma(a, x, y) - luma(b, x, y));
  }
  return sum / (width * height);
}

/// What a video file says, read with libavformat alone: a fault that our sink and our source have in common would not
/// show otherwise.
struct Contents {
  double start_s = 0;
  AVRational pixel_aspect{0, 1};
  AVColorSpace matrix = AVCOL_SPC_UNSPECIFIED;
  std::vector<std::int64_t> pts, dts;  ///< of its packets, in the stream's own time base
};

inline Contents contents_of_video(const std::string& path) {
  media::start_ffmpeg();
  AVFormatContext* raw = nullptr;
  Contents found;
  EXPECT_GE(avformat_open_input(&raw, path.c_str(), nullptr, nullptr), 0) << path;
  if (!raw) return found;
  media::AvInput input(raw);
  EXPECT_GE(avformat_find_stream_info(raw, nullptr), 0);
  const AVStream& stream = *raw->streams[0];
  found.start_s = static_cast<double>(stream.start_time) * av_q2d(stream.time_base);
  found.pixel_aspect = av_guess_sample_aspect_ratio(raw, raw->streams[0], nullptr);
  found.matrix = stream.codecpar->color_space;
  media::AvPacket packet(av_packet_alloc());
  for (; av_read_frame(raw, packet.get()) >= 0; av_packet_unref(packet.get())) {
    found.pts.push_back(packet->pts);
    found.dts.push_back(packet->dts);
  }
  return found;
}

/// Writes what `spec` gives as a video; returns what the sink said at the end.
inline Result<void> write_video(const std::string& spec, const std::string& path, VideoSinkOptions options = {}) {
  auto source = must_open(spec);
  auto sink = open_video_sink(path, options);
  if (!sink) return fail(sink.error());
  FrameResult result;
  for (;;) {
    auto more = source->read(result.frame);
    if (!more || !*more) break;
    if (auto ok = (*sink)->write(result); !ok) break;
  }
  return (*sink)->finish();
}

/// Colour of one pixel, for images of any layout.
using Paint = std::function<std::array<int, 3>(int x, int y)>;

/// Writes an image in exactly the layout `format` with the encoder `codec`.
inline void write_image(const std::string& path, const char* codec, AVPixelFormat format, Size size,
                        const Paint& paint) {
  using namespace media;
  start_ffmpeg();
  auto frame_of = [size](AVPixelFormat layout) {
    AvFrame frame(av_frame_alloc());
    frame->format = layout;
    frame->width = size.width;
    frame->height = size.height;
    EXPECT_GE(av_frame_get_buffer(frame.get(), 0), 0);
    return frame;
  };
  AvFrame rgb = frame_of(AV_PIX_FMT_RGB24), target = frame_of(format);
  for (int y = 0; y < size.height; ++y) {
    for (int x = 0; x < size.width; ++x) {
      auto color = paint(x, y);
      for (std::size_t c = 0; c < 3; ++c) {
        rgb->data[0][y * rgb->linesize[0] + 3 * x + static_cast<int>(c)] = static_cast<std::uint8_t>(color[c]);
      }
    }
  }
  if (format == AV_PIX_FMT_PAL8) {  // swscale cannot make palettes: index 0 black, 1 the colour at (0, 0)
    auto color = paint(0, 0);
    auto* palette = reinterpret_cast<std::uint32_t*>(target->data[1]);
    std::fill_n(palette, 256, 0xff000000U);
    palette[1] |= static_cast<std::uint32_t>(color[0] << 16 | color[1] << 8 | color[2]);
    for (int y = 0; y < size.height; ++y) std::fill_n(target->data[0] + y * target->linesize[0], size.width, 1);
  } else {
    Converter converter;
    ASSERT_TRUE(converter.convert(image_of(*rgb), image_of(*target)));
  }
  const AVCodec* encoder = avcodec_find_encoder_by_name(codec);
  ASSERT_NE(encoder, nullptr) << codec;
  AvCodecContext context(avcodec_alloc_context3(encoder));
  context->width = size.width;
  context->height = size.height;
  context->pix_fmt = format;
  context->time_base = {1, 25};
  ASSERT_GE(avcodec_open2(context.get(), encoder, nullptr), 0) << codec;
  AvPacket packet(av_packet_alloc());
  auto save = [&](const AVPacket& p) {
    store(path, {reinterpret_cast<const char*>(p.data), static_cast<std::size_t>(p.size)});
    return 0;
  };
  ASSERT_GE(encode(*context, target.get(), *packet, save), 0);
  ASSERT_GE(encode(*context, nullptr, *packet, save), 0);
}

inline Paint plain(int red, int green, int blue) {
  return [=](int, int) { return std::array<int, 3>{red, green, blue}; };
}

}  // namespace inflight::test
