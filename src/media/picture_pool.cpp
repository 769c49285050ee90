#include "picture_pool.hpp"

#include <new>
#include <vector>

#include "mutex.hpp"

namespace inflight::media {
namespace {

constexpr int kRowAlignment = 64;
// Vector code of swscale and libyuv may touch whole vectors beyond the last row.
constexpr std::size_t kTail = 128;

int padded(int width) { return (width + kRowAlignment - 1) / kRowAlignment * kRowAlignment; }

struct FreeBytes {
  void operator()(std::uint8_t* p) const noexcept { av_free(p); }
};

}  // namespace

/// Slots that wait for use. Frames that are out keep it alive, so that they outlive the source.
struct PicturePool::Home {
  Mutex mutex;
  std::vector<std::unique_ptr<Slot>> free INFLIGHT_GUARDED_BY(mutex);  // its capacity covers every slot there is
  std::size_t slots INFLIGHT_GUARDED_BY(mutex) = 0;
  bool abandoned INFLIGHT_GUARDED_BY(mutex) = false;  // the pool is gone: keep nothing
};

/// Holds either a decoder's picture (while out) or pixels of its own (kept between uses).
class PicturePool::Slot final : public FrameBuffer {
 public:
  Slot() : reference_(av_frame_alloc()) {
    if (!reference_) throw std::bad_alloc();
  }
  ~Slot() override = default;

  AVFrame& reference() noexcept { return *reference_; }
  void leave(std::shared_ptr<Home> home) noexcept { home_ = std::move(home); }

  /// At least `bytes` bytes; null where memory is short.
  std::uint8_t* pixels(std::size_t bytes) noexcept {
    if (bytes > capacity_) {
      pixels_.reset(static_cast<std::uint8_t*>(av_malloc(bytes)));
      capacity_ = pixels_ ? bytes : 0;
    }
    return pixels_.get();
  }

 private:
  void recycle() noexcept override {
    // The local pointer outlives `this`, which dies with the home when it is the last one out.
    std::shared_ptr<Home> home = std::move(home_);
    av_frame_unref(reference_.get());
    std::unique_ptr<Slot> self(this);
    MutexLock lock(home->mutex);
    if (!home->abandoned) home->free.push_back(std::move(self));
  }

  AvFrame reference_;
  std::unique_ptr<std::uint8_t, FreeBytes> pixels_;
  std::size_t capacity_ = 0;
  std::shared_ptr<Home> home_;  // set while out only: a slot at home must not keep its home alive
};

PicturePool::PicturePool() : home_(std::make_shared<Home>()) {}

PicturePool::~PicturePool() {
  MutexLock lock(home_->mutex);
  home_->abandoned = true;
  home_->free.clear();
}

PicturePool::Slot& PicturePool::take() {
  std::unique_ptr<Slot> slot;
  // A slot is made outside the lock, so that frames coming home need not wait for memory.
  {
    MutexLock lock(home_->mutex);
    if (!home_->free.empty()) {
      slot = std::move(home_->free.back());
      home_->free.pop_back();
    } else {
      home_->free.reserve(++home_->slots);  // so that recycle never allocates
    }
  }
  if (!slot) slot = std::make_unique<Slot>();
  slot->leave(home_);
  return *slot.release();
}

Frame PicturePool::adopt(AVFrame& decoded, ColorLook look, PixelAspect aspect) {
  Slot& slot = take();
  // The decoder may refer to these pixels for later pictures: they are shared, and read-only for all.
  av_frame_move_ref(&slot.reference(), &decoded);
  const AVFrame& held = slot.reference();
  Picture picture{{held.width, held.height}, {}, look.matrix, look.range, aspect};
  for (std::size_t p = 0; p < 3; ++p) picture.planes[p] = {held.data[p], held.linesize[p]};
  return {slot, picture};
}

Frame PicturePool::allocate(Size size, ColorLook look, PixelAspect aspect) {
  Slot& slot = take();
  Picture picture{size, {}, look.matrix, look.range, aspect};
  Size chroma = picture.chroma_size();
  int strides[3] = {padded(size.width), padded(chroma.width), padded(chroma.width)};
  std::size_t luma_bytes = static_cast<std::size_t>(strides[0]) * static_cast<std::size_t>(size.height);
  std::size_t chroma_bytes = static_cast<std::size_t>(strides[1]) * static_cast<std::size_t>(chroma.height);
  std::uint8_t* next = slot.pixels(luma_bytes + 2 * chroma_bytes + kTail);
  Frame frame(slot, picture);  // from here on it goes home by itself
  if (!next) return {};
  picture.planes = {
      {{next, strides[0]}, {next + luma_bytes, strides[1]}, {next + luma_bytes + chroma_bytes, strides[2]}}};
  return {slot, picture};
}

}  // namespace inflight::media
