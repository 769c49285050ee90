// What users write to name a live source: what it is, how it may be shown, and why it cannot be opened.
#pragma once

#include <string>

#include "inflight/media.hpp"

namespace inflight::media {

/// "scheme://…", which libavformat opens by itself.
bool is_url(const std::string& spec);
/// Something was left out of "scheme://…": "http:/host/path", "user:password@host/path".
bool is_broken_url(const std::string& spec);
/// "/dev/video0".
bool is_camera(const std::string& spec);
/// Always goes on until somebody hangs up: a stream or a camera, not a file on some server.
bool is_endless(const std::string& spec);

/// Why FFmpeg's `code` kept `spec`, a URL or a camera, from being opened, and what to do. One line, without a password.
Error cannot_open(const std::string& spec, int code);

}  // namespace inflight::media
