// The values that travel through a pipeline: one picture with its time, what was found in it, and how
// it ended.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "inflight/api.hpp"
#include "inflight/clock.hpp"
#include "inflight/result.hpp"

namespace INFLIGHT_API inflight {

/// Index of a source within its pipeline, from 0.
using SourceId = std::uint32_t;

struct Size {
  int width = 0;
  int height = 0;
  friend bool operator==(const Size&, const Size&) = default;
};

/// Which formula turns YUV into RGB (ITU-R BT.601, BT.709, BT.2020), and whether luma spans 16..235 or 0..255.
enum class ColorMatrix : std::uint8_t { bt601, bt709, bt2020 };
/// "bt601", "bt709", "bt2020". Points to static storage.
const char* to_string(ColorMatrix matrix) noexcept;
enum class ColorRange : std::uint8_t { limited, full };

struct Plane {
  std::uint8_t* data = nullptr;
  int stride = 0;  ///< bytes from one row to the next, ≥ the plane's width
};

/// How wide and how high a pixel is shown: alike but in some broadcasts and on discs, e.g. 16:11.
struct PixelAspect {
  int width = 1;
  int height = 1;
  friend bool operator==(const PixelAspect&, const PixelAspect&) = default;
};

/// An I420 picture: full-size Y, half-size (rounded up) U and V, 8 bits each.
struct Picture {
  Size size{};
  std::array<Plane, 3> planes{};
  ColorMatrix matrix = ColorMatrix::bt601;
  ColorRange range = ColorRange::limited;
  PixelAspect pixel_aspect{};

  Size chroma_size() const noexcept { return {(size.width + 1) / 2, (size.height + 1) / 2}; }
  /// Bytes of the three planes without padding: what a frame costs in credits.
  std::size_t bytes() const noexcept;
};

/// Pixel memory behind a Frame, counted by its frames. Sources derive from it to recycle their buffers:
/// `recycle` runs once, on whichever thread lets the last frame go, and may delete or pool the object.
class FrameBuffer {
 public:
  FrameBuffer(const FrameBuffer&) = delete;
  FrameBuffer& operator=(const FrameBuffer&) = delete;

 protected:
  FrameBuffer() = default;
  virtual ~FrameBuffer() = default;
  virtual void recycle() noexcept = 0;

 private:
  friend class Frame;
  std::atomic<int> references_{0};
};

/// A picture of a source. Copies share the pixels, which are read-only once a source has handed them out
/// (a decoder may still refer to them); to draw, copy the picture first.
class Frame {
 public:
  Frame() noexcept = default;
  /// Shares `buffer`, which keeps the planes of `picture` alive.
  Frame(FrameBuffer& buffer, const Picture& picture) noexcept;
  Frame(const Frame& other) noexcept;
  Frame(Frame&& other) noexcept;
  Frame& operator=(Frame other) noexcept;
  ~Frame();

  /// A frame with memory of its own, grey, for pictures that come from the caller.
  static Frame allocate(Size size);

  const Picture& picture() const noexcept { return picture_; }
  Size size() const noexcept { return picture_.size; }
  explicit operator bool() const noexcept { return buffer_ != nullptr; }
  /// Lets the pixels go; what the frame says of itself stays.
  void drop_pixels() noexcept;

  /// Where each picture is a file of its own (images): its path. Else empty.
  const std::string& file() const noexcept;
  void set_file(std::string path);

  SourceId source = 0;
  std::uint64_t id = 0;   ///< number within its source, in display order, from 0; gaps where frames were skipped
  Duration timestamp{0};  ///< presentation time since the start of the source
  TimePoint read_at{};    ///< when its decoding began: end-to-end time counts from here

 private:
  FrameBuffer* buffer_ = nullptr;
  Picture picture_;
  std::shared_ptr<const std::string> file_;  // shared, so that copies allocate nothing
};

/// Rectangle in source pixels. May reach outside the picture; postprocessors clip it.
struct Box {
  float left = 0;
  float top = 0;
  float width = 0;
  float height = 0;
  friend bool operator==(const Box&, const Box&) = default;
};

struct Detection {
  Box box{};
  float score = 0;  ///< 0..1
  int class_id = 0;
  std::string label{};
  std::vector<float> features{};  ///< of a cascade: what its model made of this box, flattened; else empty
  friend bool operator==(const Detection&, const Detection&) = default;
};

/// How a frame ended: every frame that a source produced ends in exactly one of these.
enum class FrameStatus : std::uint8_t { emitted, dropped, failed };
/// "emitted", "dropped", "failed". Points to static storage.
const char* to_string(FrameStatus status) noexcept;

/// What one of several models made of a frame.
struct ModelResult {
  std::string model{};  ///< its name in the pipeline
  std::vector<Detection> detections{};
  std::string device{};  ///< what served it
  Duration infer_time{0};
};

/// What sinks receive, in frame order of each source.
struct FrameResult {
  Frame frame{};  ///< pixels may be absent (`!frame`) where a frame could not be read
  FrameStatus status = FrameStatus::emitted;
  std::string reason{};  ///< empty unless dropped or failed
  std::vector<Detection> detections{};
  std::string device{};    ///< what served it, e.g. "ov:CPU"
  Duration infer_time{0};  ///< from start to completion of its request
  /// Of a pipeline with several models: what each made of it, in their order. The three above are then empty.
  std::vector<ModelResult> models{};
  Duration end_to_end_time{0};   ///< from `frame.read_at` until it was ready for the sinks, in order
  double frames_per_second = 0;  ///< of this source, over the last second or so
};

}  // namespace INFLIGHT_API inflight
