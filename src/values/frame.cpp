#include "inflight/frame.hpp"

#include <vector>

namespace inflight {
namespace {

constexpr std::uint8_t kGrey = 128;

/// Memory of a frame that no source recycles.
class OwnedBuffer final : public FrameBuffer {
 public:
  explicit OwnedBuffer(std::size_t bytes) : bytes_(bytes, kGrey) {}
  std::uint8_t* data() noexcept { return bytes_.data(); }

 private:
  void recycle() noexcept override { delete this; }
  std::vector<std::uint8_t> bytes_;
};

}  // namespace

const char* to_string(FrameStatus status) noexcept {
  switch (status) {
    case FrameStatus::emitted:
      return "emitted";
    case FrameStatus::dropped:
      return "dropped";
    case FrameStatus::failed:
      return "failed";
  }
  return "failed";
}

const char* to_string(ColorMatrix matrix) noexcept {
  switch (matrix) {
    case ColorMatrix::bt601:
      return "bt601";
    case ColorMatrix::bt709:
      return "bt709";
    case ColorMatrix::bt2020:
      return "bt2020";
  }
  return "bt601";
}

std::size_t Picture::bytes() const noexcept {
  auto area = [](Size s) { return static_cast<std::size_t>(s.width) * static_cast<std::size_t>(s.height); };
  return area(size) + 2 * area(chroma_size());
}

Frame::Frame(FrameBuffer& buffer, const Picture& picture) noexcept : buffer_(&buffer), picture_(picture) {
  buffer_->references_.fetch_add(1, std::memory_order_relaxed);
}

Frame::Frame(const Frame& other) noexcept
    : source(other.source),
      id(other.id),
      timestamp(other.timestamp),
      read_at(other.read_at),
      buffer_(other.buffer_),
      picture_(other.picture_),
      file_(other.file_) {
  if (buffer_) buffer_->references_.fetch_add(1, std::memory_order_relaxed);
}

Frame::Frame(Frame&& other) noexcept
    : source(other.source),
      id(other.id),
      timestamp(other.timestamp),
      read_at(other.read_at),
      buffer_(std::exchange(other.buffer_, nullptr)),
      picture_(other.picture_),
      file_(std::move(other.file_)) {}

Frame& Frame::operator=(Frame other) noexcept {
  source = other.source;
  id = other.id;
  timestamp = other.timestamp;
  read_at = other.read_at;
  picture_ = other.picture_;
  file_ = std::move(other.file_);
  std::swap(buffer_, other.buffer_);  // `other` lets go of what this frame held
  return *this;
}

void Frame::drop_pixels() noexcept {
  Frame husk;
  husk.source = source;
  husk.id = id;
  husk.timestamp = timestamp;
  husk.read_at = read_at;
  husk.file_ = file_;
  *this = std::move(husk);
}

const std::string& Frame::file() const noexcept {
  static const std::string none;
  return file_ ? *file_ : none;
}

void Frame::set_file(std::string path) { file_ = std::make_shared<const std::string>(std::move(path)); }

Frame::~Frame() {
  // acq_rel: whoever recycles must see everything the other holders did with the pixels.
  if (buffer_ && buffer_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1) buffer_->recycle();
}

Frame Frame::allocate(Size size) {
  Picture picture;
  picture.size = size;
  Size chroma = picture.chroma_size();
  auto buffer = new OwnedBuffer(picture.bytes());
  std::uint8_t* next = buffer->data();
  for (std::size_t p = 0; p < 3; ++p) {
    Size plane = p == 0 ? size : chroma;
    picture.planes[p] = {next, plane.width};
    next += static_cast<std::size_t>(plane.width) * static_cast<std::size_t>(plane.height);
  }
  return {*buffer, picture};
}

}  // namespace inflight
