#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>

#include "address.hpp"
#include "play_cursor.hpp"
#include "realtime_source.hpp"
#include "reconnecting_source.hpp"
#include "sources.hpp"

namespace inflight {
namespace {

namespace fs = std::filesystem;
using namespace media;

using Files = Result<std::vector<fs::path>>;

Result<std::unique_ptr<Source>> open_found(const std::string& spec, Files files, const SourceOptions& options) {
  if (!files) return fail(std::move(files.error()));
  return open_images(spec, std::move(*files), options);
}

/// A URL or a camera.
Result<std::unique_ptr<Source>> open_address(const std::string& spec, const SourceOptions& options) {
  return open_reconnecting([spec](const SourceOptions& now) { return open_video(spec, now); }, options);
}

Result<std::unique_ptr<Source>> open_any(const std::string& spec, const SourceOptions& options) {
  if (spec.starts_with("synthetic:")) return open_synthetic(spec, options);
  if (is_url(spec) || is_camera(spec)) return open_address(spec, options);
  if (is_standard_input(spec)) return open_video(spec, options);

  std::error_code ignored;  // what cannot be examined is reported by whoever opens it
  if (is_broken_url(spec) && !fs::exists(spec, ignored))
    return fail(ErrorCode::unreadable_input,
                redacted(spec) + ": there is no such file, and no whole address; write one as rtsp://HOST/PATH");
  if (fs::is_directory(spec, ignored)) return open_found(spec, images_in(spec), options);
  // A file may have a star in its name; what exists is taken as it is.
  if (is_pattern(spec) && !fs::exists(spec, ignored)) return open_found(spec, images_matching(spec), options);
  if (is_image_name(spec) && fs::exists(spec, ignored)) return open_images(spec, {spec}, options);
  return open_video(spec, options);
}

}  // namespace

std::vector<fs::path> files_of_source(const std::string& spec) {
  if (spec.empty() || spec.starts_with("synthetic:") || is_url(spec) || is_camera(spec)) return {};
  std::error_code ignored;  // what cannot be examined is told by its name
  bool folder = fs::is_directory(spec, ignored);
  if (!folder && (!is_pattern(spec) || fs::exists(spec, ignored))) return {spec};
  std::vector<fs::path> files{folder ? fs::path(spec) : ("." / fs::path(spec)).parent_path()};
  Files images = folder ? images_in(spec) : images_matching(spec);
  if (images) std::ranges::copy(*images, std::back_inserter(files));
  Result<NamedSources> named = find_sources(spec);
  if (named)
    std::ranges::copy_if(named->specs, std::back_inserter(files), [&](const auto& one) { return one != spec; });
  return files;
}

Result<std::unique_ptr<Source>> open_source(const std::string& spec, const SourceOptions& options) {
  if (spec.empty()) return fail(ErrorCode::unreadable_input, "no input was named; give a file, a folder or a URL");
  if (auto ok = check_options(options); !ok) return fail(std::move(ok.error()));
  auto source = open_any(spec, options);
  // What is live has a pace of its own already.
  if (!source || !options.realtime || (*source)->is_live()) return source;
  return at_own_pace(std::move(*source));
}

}  // namespace inflight
