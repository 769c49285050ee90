// What a command writes: whether it can, before any work, and that nobody else does meanwhile.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"
#include "reads.hpp"

namespace inflight::app {

enum class OutputKind : std::uint8_t {
  page,      ///< one file, written at the end
  data,      ///< lines or numbers, for "-" on standard output
  pictures,  ///< a video, for "-" on standard output, or a folder of images
};

/// One thing that the command line asks for.
struct Output {
  std::string option;  ///< that names it, for messages: "--json"
  std::string path;    ///< empty: not asked for
  OutputKind kind = OutputKind::page;
};
using Outputs = std::vector<Output>;

/// Those of `run` that are known before its inputs are: all but the pictures.
Outputs outputs_of(const Options& options);

/// A name without an extension, or an existing folder, is a folder of images.
bool is_image_folder(const std::string& output);

/// Takes the outputs for this process, until it ends. Nothing is destroyed: files that exist stay as they are until
/// they are written, new ones are empty, and missing folders are made. Refused is what cannot be written, what this
/// command reads (`reads`, or those of an earlier call), what another output writes or would mix with, and what another
/// process has taken in this way. The same output may be taken again. Errors: unwritable_output, invalid_argument.
/// Thread-safe.
Result<void> take_outputs(const Outputs& outputs, const Reads& reads);

/// Writing begins: what was taken is kept, also what stays empty.
void keep_outputs() noexcept;
/// Removes what take_outputs() has made and nobody has written to, unless it is kept. At the end of the process, and
/// for whoever ends it early. Thread-safe.
void remove_unused_outputs() noexcept;

/// Where the pictures of source number `source` go, where there are several: "out/annotated-3.mp4", "out/frames/3".
std::string output_of(const std::string& output, SourceId source);

/// Writes a text to a file, or to standard output where `path` is "-". Errors: output_failed.
Result<void> write_text(const std::string& path, const std::string& text);

}  // namespace inflight::app
