// What users write to name a live source: what it is, how it may be shown, and why it cannot be opened.
#pragma once

#include <cstdint>
#include <string>

#include "av_support.hpp"
#include "inflight/media.hpp"

namespace inflight::media {

/// "scheme://…", which libavformat opens by itself.
bool is_url(const std::string& spec);
/// Something was left out of "scheme://…": "http:/host/path", "user:password@host/path".
bool is_broken_url(const std::string& spec);
/// "/dev/video0".
bool is_camera(const std::string& spec);
/// "-", "pipe:" or "pipe:0": what comes in by standard input.
bool is_standard_input(const std::string& spec);
/// How a source is called in front of people: without a password.
std::string name_of(const std::string& spec);
/// Always goes on until somebody hangs up: a stream or a camera, not a file on some server.
bool is_endless(const std::string& spec);

// Reasons of our own, beside FFmpeg's codes.
constexpr int kTooManyRedirects = FFERRTAG('i', 'R', 'E', 'D');
constexpr int kPartTooLarge = FFERRTAG('i', 'B', 'I', 'G');
constexpr std::int64_t kLargestPart = std::int64_t{64} << 20;  ///< no compressed picture has so many bytes

/// Why FFmpeg's `code` kept `spec`, a URL or a camera, from being opened, and what to do. One line, without a password.
Error cannot_open(const std::string& spec, int code);

}  // namespace inflight::media
