#include "outputs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <mutex>

#include "console.hpp"
#include "file_place.hpp"
#include "output_claim.hpp"

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

struct PlacedRead {
  std::string what;
  fs::path file;
  FilePlace place;
};

/// What this process has taken. The lock is held while something is taken, not while it is written.
struct Taken {
  std::mutex mutex;
  std::vector<PlacedRead> reads;
  std::vector<OutputClaim> claims;
  bool kept = false;
};

Taken& taken() {
  static Taken all;
  return all;
}

/// Whether the folder `output` would get an image of the name that `file`, which lies there, has.
bool would_replace(const FilePlace& output, const PlacedRead& read) {
  std::string name = read.file.filename().string();
  bool ours = name.find_first_not_of("0123456789_") == name.find('.') && read.file.extension() == ".jpg";
  return ours && is_same_file(output, place_of(read.file.has_parent_path() ? read.file.parent_path() : "."));
}

Result<void> check_reads(const Output& output, const FilePlace& place, const std::vector<PlacedRead>& reads) {
  for (const PlacedRead& read : reads) {
    bool folder = output.kind == OutputKind::pictures && is_image_folder(output.path);
    if (!is_same_file(place, read.place) && !(folder && would_replace(place, read))) continue;
    bool named = read.file == output.path;
    return fail(unwritable(output.path, named ? fmt::format("is {}", read.what)
                                              : fmt::format("is {} ({})", read.what, read.file.string())));
  }
  return {};
}

Result<void> check_others(const Output& output, const FilePlace& place, const std::vector<OutputClaim>& claims) {
  for (const OutputClaim& other : claims) {
    if (output.path == "-" && other.output().path == "-")
      return fail(ErrorCode::invalid_argument, fmt::format("{} - and {} - would mix; write one of them to a file",
                                                           other.output().option, output.option));
    if (is_same_file(place, other.place())) return fail(unwritable(output.path, "is named twice"));
  }
  return {};
}

bool is_taken(const Output& output, const std::vector<OutputClaim>& claims) {
  for (const OutputClaim& claim : claims)
    if (claim.output().option == output.option && claim.output().path == output.path) return true;
  return false;
}

}  // namespace

Outputs outputs_of(const Options& options) {
  return {{"--json", options.json, OutputKind::data},
          {"--summary", options.summary, OutputKind::data},
          {"--report", options.report},
          {"--timeline", options.timeline},
          {"--trace", options.trace}};
}

bool is_image_folder(const std::string& output) {
  std::error_code unknown;
  return output != "-" && (fs::is_directory(output, unknown) || !fs::path(output).has_extension());
}

Result<void> take_outputs(const Outputs& outputs, const Reads& reads) {
  Taken& all = taken();
  std::lock_guard lock(all.mutex);
  for (const Read& read : reads)
    for (const fs::path& file : read.files)
      if (!file.empty() && std::ranges::find(all.reads, file, &PlacedRead::file) == all.reads.end())
        all.reads.push_back({read.what, file, place_of(file)});
  for (const OutputClaim& claim : all.claims)
    if (Result<void> ok = check_reads(claim.output(), claim.place(), all.reads); !ok) return ok;
  for (const Output& output : outputs) {
    if (output.path.empty() || is_taken(output, all.claims)) continue;
    if (Result<void> ok = check_form(output); !ok) return ok;
    FilePlace place = place_of(output.path);
    if (Result<void> ok = check_reads(output, place, all.reads); !ok) return ok;
    if (Result<void> ok = check_others(output, place, all.claims); !ok) return ok;
    Result<OutputClaim> claim = OutputClaim::take(output);
    if (!claim) return fail(std::move(claim.error()));
    all.claims.push_back(std::move(*claim));
  }
  return {};
}

void keep_outputs() noexcept {
  std::lock_guard lock(taken().mutex);
  taken().kept = true;
}

void remove_unused_outputs() noexcept {
  std::lock_guard lock(taken().mutex);
  if (taken().kept) return;
  for (const OutputClaim& claim : taken().claims) claim.remove_if_unused();
}

std::string output_of(const std::string& output, SourceId source) {
  fs::path path(output);
  if (output.empty()) return output;
  if (is_image_folder(output)) return (path / std::to_string(source)).string();
  return (path.parent_path() / fmt::format("{}-{}{}", path.stem().string(), source, path.extension().string()))
      .string();
}

Result<void> write_text(const std::string& path, const std::string& text) {
  if (path == "-") {
    put("{}\n", text);
    return flush_output();
  }
  std::ofstream file(path);
  file << text << '\n' << std::flush;
  if (file) return {};
  return fail(ErrorCode::output_failed, path + ": cannot be written; is the disk full?");
}

}  // namespace inflight::app
