// The kinds of sources; open_source chooses among them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "inflight/media.hpp"

namespace inflight::media {

constexpr Duration kNetworkPatience = std::chrono::seconds(10);

/// A video file, a URL or a camera. `patience`: how long a URL may take to show its first pictures.
Result<std::unique_ptr<Source>> open_video(const std::string& spec, const SourceOptions& options,
                                           Duration patience = kNetworkPatience);

/// Images, one frame each, in the order given. `spec` is what the user wrote. Precondition: `files` is not empty.
Result<std::unique_ptr<Source>> open_images(const std::string& spec, std::vector<std::filesystem::path> files,
                                            const SourceOptions& options);

/// "synthetic:640x360,frames=100,fps=30,seed=1,objects=3". Errors: invalid_argument, naming the wrong part.
Result<std::unique_ptr<Source>> open_synthetic(const std::string& spec, const SourceOptions& options);

/// The images in a folder, sorted naturally, without hidden ones. Errors: unreadable_input where there is none.
Result<std::vector<std::filesystem::path>> images_in(const std::string& folder);
/// The images that a pattern such as "shots/*.png" names, sorted naturally. Errors: unreadable_input.
Result<std::vector<std::filesystem::path>> images_matching(const std::string& pattern);
/// It may name files by their likeness: "shots/*.png".
bool is_pattern(const std::string& spec);
/// By extension, whatever its case.
bool is_image_name(const std::filesystem::path& path);
/// "shot2.png" before "shot10.png".
bool natural_less(const std::string& a, const std::string& b);

}  // namespace inflight::media
