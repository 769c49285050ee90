#include <fmt/format.h>

#include <atomic>
#include <cmath>

#include "picture_pool.hpp"
#include "play_cursor.hpp"
#include "sources.hpp"
#include "synthetic_scene.hpp"

namespace inflight {
namespace media {
namespace {

/// A source that needs no file and cannot fail, for demonstrations and for tests that must know the truth.
class SyntheticSource final : public Source {
 public:
  SyntheticSource(const std::string& name, const SceneSpec& spec, const SourceOptions& options)
      : spec_(spec), scene_(spec), cursor_(options) {
    info_ = {name, spec.size, spec.frames_per_second, std::nullopt};
    if (spec.frames) info_.frames = frames_given(spec.frames, options);
    if (!spec.frames && options.limit) info_.frames = options.limit;
  }

  const SourceInfo& info() const noexcept override { return info_; }
  void interrupt() noexcept override { interrupted_ = true; }

  Result<bool> read(Frame& frame) override {
    while (!ended_ && !cursor_.done() && !interrupted_) {
      if (spec_.frames != 0 && cursor_.position() == spec_.frames) {
        ended_ = !cursor_.next_play();
      } else if (cursor_.take()) {
        return give(frame);
      }
    }
    return false;
  }

 private:
  Result<bool> give(Frame& frame) {
    TimePoint began = std::chrono::steady_clock::now();
    Frame made = pool_.allocate(spec_.size, {});
    if (!made) return fail(ErrorCode::unreadable_input, fmt::format("{}: no memory for a picture", info_.name));
    scene_.paint(cursor_.position() - 1, made.picture());
    frame = std::move(made);
    frame.id = cursor_.id();
    frame.timestamp = Duration(std::llround(static_cast<double>(frame.id) * 1e9 / spec_.frames_per_second));
    frame.read_at = began;
    return true;
  }

  const SceneSpec spec_;
  const Scene scene_;
  SourceInfo info_;
  PlayCursor cursor_;
  PicturePool pool_;
  bool ended_ = false;
  std::atomic<bool> interrupted_{false};
};

}  // namespace

Result<std::unique_ptr<Source>> open_synthetic(const std::string& spec, const SourceOptions& options) {
  auto scene = parse_scene(spec);
  if (!scene) return fail(std::move(scene.error()));
  return std::make_unique<SyntheticSource>(spec, *scene, options);
}

}  // namespace media

std::vector<Detection> synthetic_truth(const std::string& spec, std::uint64_t id) {
  if (!spec.starts_with("synthetic:")) return {};
  auto parsed = media::parse_scene(spec);
  if (!parsed) return {};
  std::uint64_t index = parsed->frames ? id % parsed->frames : id;  // ids go on where the source is looped
  return media::truth_of(media::scene_objects(*parsed), index);
}

}  // namespace inflight
