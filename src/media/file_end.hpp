// Whether a recording is all there. FFmpeg reports the end of a file that is cut off like any other end.
#pragma once

#include <filesystem>
#include <string_view>

namespace inflight::media {

/// Does `file` end before its container says it should? `format`: FFmpeg's name for it. Matroska and WebM (the length
/// of the segment), AVI (of its parts), MPEG-TS (whole packets), FLV (the last tag); false for all others, where that
/// is not stated, and where the file cannot be looked at.
bool is_cut_off(const std::filesystem::path& file, std::string_view format);

}  // namespace inflight::media
