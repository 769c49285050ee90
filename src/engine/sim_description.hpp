// The text after "sim:" — what a simulated device is like.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "inflight/clock.hpp"
#include "inflight/engine.hpp"

namespace inflight {

/// "latency=5ms,lanes=2,load=2s,…". Times take us, ms or s; a range "4ms..6ms" is drawn evenly, by `seed`.
struct SimDescription {
  std::string name = "sim";  ///< name=   what the device calls itself
  Duration latency_low{0};   ///< latency= of one inference, of a batch of one
  Duration latency_high{0};
  Duration per_item{0};             ///< per_item= added for every further item of a batch
  Duration first{0};                ///< first=  added to the first inference (warm-up)
  Duration load{0};                 ///< load=   how long compiling takes
  int lanes = 1;                    ///< lanes=  inferences that run side by side
  std::vector<std::uint64_t> fail;  ///< fail=3;7  numbers of the inferences that fail, from 0
  double fail_rate = 0;             ///< fail_rate= share of inferences that fail, by `seed`
  std::uint64_t die_at = 0;         ///< die_at= from this inference on all fail; 0: never
  std::uint64_t revive_at = 0;      ///< revive_at= from this one on they succeed again; 0: never
  bool load_fails = false;          ///< load_fails=1 compiling fails
  std::uint64_t seed = 1;           ///< seed=
  Port input{"image", ElementType::u8, {1, 3, 64, 64}, "NCHW"};   ///< input=1x3x64x64:u8
  Port output{"detections", ElementType::f32, {1, 1, 4, 7}, ""};  ///< rows=4 (SSD rows)
};

/// Whether a tensor of this shape is of a size that one would simulate.
bool is_bearable(const Shape& shape) noexcept;

/// Errors: invalid_argument, naming the part that is wrong and the keys there are.
Result<SimDescription> parse_sim_description(const std::string& text);

}  // namespace inflight
