// Lists of sources: what is taken has valid options; with bad lines left out, nothing else changes.
#include "fuzzing.hpp"
#include "inflight/media.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using inflight::fuzzing::require;
  inflight::fuzzing::MemoryFile file(inflight::fuzzing::text_of(data, size));
  auto strict = inflight::read_source_list(file.path());
  auto lenient = inflight::read_source_list(file.path(), true);
  if (!lenient) {
    require(!strict, "a list without a source is refused either way");
    return 0;
  }
  require(strict.has_value() == lenient->bad_lines.empty(), "a bad line is one either way");
  if (strict) require(strict->sources.size() == lenient->sources.size(), "good lines are all read");
  int line = 0;
  for (const inflight::ListedSource& source : lenient->sources) {
    require(!source.spec.empty(), "a source has a name");
    require(source.line > line, "lines are counted up");
    line = source.line;
  }
  for (const inflight::Error& bad : lenient->bad_lines)
    require(inflight::fuzzing::is_message(bad.message), "a bad line has a message");
  return 0;
}
