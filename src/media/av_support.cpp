#include "av_support.hpp"

extern "C" {
#include <libavdevice/avdevice.h>
}

#include <array>
#include <cstdlib>
#include <mutex>

namespace inflight::media {

std::string av_error_text(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

void start_ffmpeg() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (!std::getenv("INFLIGHT_FFMPEG_LOG")) av_log_set_level(AV_LOG_QUIET);
    avdevice_register_all();
    avformat_network_init();
  });
}

}  // namespace inflight::media
