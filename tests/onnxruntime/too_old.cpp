// A library that says it is ONNX Runtime 1.16, whose interface must not be asked for.
#include <onnxruntime_c_api.h>

#include <cstdint>
#include <cstdlib>

extern "C" __attribute__((visibility("default"))) const OrtApiBase* OrtGetApiBase() noexcept {
  static const OrtApiBase base{[](std::uint32_t) noexcept -> const OrtApi* { std::abort(); },
                               []() noexcept -> const char* { return "1.16.3"; }};
  return &base;
}
