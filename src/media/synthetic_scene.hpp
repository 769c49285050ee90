// Pictures whose truth is known: boxes that move over a textured ground, computed from a seed alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inflight/frame.hpp"

namespace inflight::media {

struct SceneSpec {
  Size size;
  std::uint64_t frames = 100;  ///< 0: without end
  double frames_per_second = 30;
  std::uint64_t seed = 1;
  int objects = 3;
};

/// Reads "synthetic:640x360,frames=100,fps=30,seed=1,objects=3"; all but the size may be left out.
/// Errors: invalid_argument, naming the part that is wrong and what is allowed.
Result<SceneSpec> parse_scene(const std::string& spec);

/// Runs to and fro between two walls, a fixed way per picture.
struct Track {
  int start = 0;
  int step = 1;
  int room = 0;
  int at(std::uint64_t index) const noexcept;
};

struct SceneObject {
  Size size;
  Track left;
  Track top;
  std::uint8_t luma = 0;
  std::uint8_t u = 128;
  std::uint8_t v = 128;
};

/// The moving things of a scene; later ones cover earlier ones.
std::vector<SceneObject> scene_objects(const SceneSpec& spec);
/// Where they are in picture `index`.
std::vector<Detection> truth_of(const std::vector<SceneObject>& objects, std::uint64_t index);

/// Paints pictures. Immutable after construction.
class Scene {
 public:
  explicit Scene(const SceneSpec& spec);
  /// Writes picture `index` onto `picture`, which has the scene's size.
  void paint(std::uint64_t index, const Picture& picture) const;

 private:
  std::vector<SceneObject> objects_;
  Frame ground_;
};

}  // namespace inflight::media
