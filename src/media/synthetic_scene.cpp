#include "synthetic_scene.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

#include "converter.hpp"

namespace inflight::media {
namespace {

constexpr std::string_view kPrefix = "synthetic:";
constexpr int kSmallest = 16;
constexpr int kLargest = 16384;
constexpr int kMostObjects = 1000;
constexpr double kFastest = 100000;

/// SplitMix64 (Steele, Lea, Flood 2014): good bits from any counter, the same on every machine.
std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// The whole of `text` must be the number.
template <class Number>
bool parse_number(std::string_view text, Number& number) {
  auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), number);
  return trouble == std::errc() && end == text.data() + text.size();
}

tl::unexpected<Error> wrong(std::string_view part, std::string_view allowed) {
  return fail(ErrorCode::invalid_argument, fmt::format("synthetic source: '{}' is wrong: {}", part, allowed));
}

bool parse_size(std::string_view text, Size& size) {
  std::size_t x = text.find('x');
  if (x == std::string_view::npos) return false;
  if (!parse_number(text.substr(0, x), size.width) || !parse_number(text.substr(x + 1), size.height)) return false;
  return std::min(size.width, size.height) >= kSmallest && std::max(size.width, size.height) <= kLargest;
}

Result<void> parse_setting(std::string_view part, SceneSpec& scene) {
  std::size_t equals = part.find('=');
  std::string_view name = part.substr(0, equals);
  std::string_view value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
  if (name == "frames") {
    if (!parse_number(value, scene.frames)) return wrong(part, "frames is a whole number, 0 for no end");
  } else if (name == "fps") {
    bool ok = parse_number(value, scene.frames_per_second);
    if (!ok || scene.frames_per_second <= 0 || scene.frames_per_second > kFastest ||
        std::isnan(scene.frames_per_second)) {
      return wrong(part, "fps is a number above 0");
    }
  } else if (name == "seed") {
    if (!parse_number(value, scene.seed)) return wrong(part, "seed is a whole number from 0");
  } else if (name == "objects") {
    bool ok = parse_number(value, scene.objects);
    if (!ok || scene.objects < 0 || scene.objects > kMostObjects) {
      return wrong(part, fmt::format("objects is a whole number from 0 to {}", kMostObjects));
    }
  } else {
    return wrong(part, "known are frames=, fps=, seed= and objects=");
  }
  return {};
}

/// Pixels from left and top up to, but without, right and bottom.
struct Area {
  int left, top, right, bottom;
};

void fill(const Plane& plane, Area area, std::uint8_t value) {
  for (int row = area.top; row < area.bottom; ++row) {
    std::memset(plane.data + static_cast<std::ptrdiff_t>(row) * plane.stride + area.left, value,
                static_cast<std::size_t>(area.right - area.left));
  }
}

void paint_object(const SceneObject& object, std::uint64_t index, const Picture& picture) {
  int left = object.left.at(index), top = object.top.at(index);
  Area area{left, top, left + object.size.width, top + object.size.height};
  // Chroma samples that the box touches, however little.
  Area chroma{area.left / 2, area.top / 2, (area.right + 1) / 2, (area.bottom + 1) / 2};
  fill(picture.planes[0], area, object.luma);
  fill(picture.planes[1], chroma, object.u);
  fill(picture.planes[2], chroma, object.v);
}

// From integers alone, so that floating point cannot make two machines differ.
SceneObject make_object(const SceneSpec& spec, int index) {
  std::uint64_t state = mix(spec.seed * 1000003 + static_cast<std::uint64_t>(index) + 1);
  auto pick = [&state](int from, int to) {
    state = mix(state);
    return from + static_cast<int>(state % static_cast<std::uint64_t>(to - from + 1));
  };
  auto track = [&pick](int room) {
    int start = pick(0, room);
    return Track{start, pick(1, std::max(2, room / 60)), room};
  };
  auto [width, height] = spec.size;
  SceneObject object;
  object.size.width = pick(width / 12 + 1, width / 5);
  object.size.height = pick(height / 8 + 1, height / 3);
  object.left = track(width - object.size.width);
  object.top = track(height - object.size.height);
  object.luma = static_cast<std::uint8_t>(index % 2 == 0 ? pick(200, 235) : pick(16, 50));
  object.u = static_cast<std::uint8_t>(pick(64, 192));
  object.v = static_cast<std::uint8_t>(pick(64, 192));
  return object;
}

}  // namespace

Result<SceneSpec> parse_scene(const std::string& spec) {
  std::string_view rest = spec;
  rest.remove_prefix(std::min(rest.size(), kPrefix.size()));
  SceneSpec scene;
  std::string_view size = rest.substr(0, rest.find(','));
  if (!parse_size(size, scene.size)) {
    return wrong(size, fmt::format("it begins with its size, such as synthetic:640x360, from {0}x{0} to {1}x{1}",
                                   kSmallest, kLargest));
  }
  rest.remove_prefix(size.size());
  while (!rest.empty()) {
    rest.remove_prefix(1);  // the comma
    std::string_view part = rest.substr(0, rest.find(','));
    if (auto ok = parse_setting(part, scene); !ok) return fail(std::move(ok.error()));
    rest.remove_prefix(part.size());
  }
  return scene;
}

int Track::at(std::uint64_t index) const noexcept {
  if (room == 0) return 0;
  // Unfolded, the way there and back is one circle of twice the room.
  auto circle = static_cast<std::uint64_t>(room) * 2;
  auto way = index % circle * static_cast<std::uint64_t>(step);
  std::uint64_t place = (static_cast<std::uint64_t>(start) + way) % circle;
  return static_cast<int>(std::min(place, circle - place));
}

std::vector<SceneObject> scene_objects(const SceneSpec& spec) {
  std::vector<SceneObject> objects;
  objects.reserve(static_cast<std::size_t>(spec.objects));
  for (int k = 0; k < spec.objects; ++k) objects.push_back(make_object(spec, k));
  return objects;
}

std::vector<Detection> truth_of(const std::vector<SceneObject>& objects, std::uint64_t index) {
  std::vector<Detection> all;
  for (const SceneObject& o : objects) {
    Box box{static_cast<float>(o.left.at(index)), static_cast<float>(o.top.at(index)), static_cast<float>(o.size.width),
            static_cast<float>(o.size.height)};
    all.push_back({box, 1.0F, 0, "object"});
  }
  return all;
}

Scene::Scene(const SceneSpec& spec) : objects_(scene_objects(spec)), ground_(Frame::allocate(spec.size)) {
  const Plane& luma = ground_.picture().planes[0];
  std::uint64_t seed = mix(spec.seed);
  for (int y = 0; y < spec.size.height; ++y) {
    for (int x = 0; x < spec.size.width; ++x) {
      // Tiles with a little grain: something for an encoder to do, but nothing that looks like an object.
      std::uint64_t tile =
          mix(seed ^ mix(static_cast<std::uint64_t>(y / 16) * kLargest + static_cast<std::uint64_t>(x / 16)));
      std::uint64_t grain = mix(seed + static_cast<std::uint64_t>(y) * kLargest + static_cast<std::uint64_t>(x));
      auto value = static_cast<std::uint8_t>(96 + tile % 48 + grain % 8);
      luma.data[static_cast<std::ptrdiff_t>(y) * luma.stride + x] = value;
    }
  }
}

void Scene::paint(std::uint64_t index, const Picture& picture) const {
  copy_picture(ground_.picture(), picture);
  for (const SceneObject& object : objects_) paint_object(object, index, picture);
}

}  // namespace inflight::media
