// What the examples share: their arguments, and an end with a message where something fails.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "inflight/inflight.hpp"

namespace example {

/// MODEL VIDEO [FRAMES]
struct Arguments {
  std::string model;
  std::string video;
  std::uint64_t frames = 100;
};

inline Arguments arguments(int argc, char** argv) {
  if (argc >= 3) return {argv[1], argv[2], argc > 3 ? std::stoull(argv[3]) : 100};
  std::cerr << "usage: " << argv[0] << " MODEL VIDEO [FRAMES]\n";
  std::exit(2);
}

/// Ends the program unless `ok`.
inline void require(bool ok, const std::string& what) {
  if (ok) return;
  std::cerr << what << '\n';
  std::exit(1);
}

/// The value, or the end of the program with the message of the error.
template <class T>
T must(inflight::Result<T> result) {
  if (!result) require(false, result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

/// How many things the request that has just completed found in its picture.
inline std::size_t count(const inflight::Detector& detector, inflight::TensorView output,
                         const inflight::SourceTransform& transform) {
  std::vector<inflight::Detection> found;
  must(detector.postprocessor->run({&output, 1}, transform, found));
  return found.size();
}

}  // namespace example
