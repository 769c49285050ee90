// Why a file cannot be read, in words.
#pragma once

#include <filesystem>
#include <string>

namespace inflight::media {

/// Why the file or folder `path` cannot be read, by errno's `code`, and what to do: "no such file; check the path".
std::string why_unreadable(const std::filesystem::path& path, int code);

}  // namespace inflight::media
