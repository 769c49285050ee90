#include "cache.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <random>

namespace inflight::onnxruntime {
namespace {

namespace fs = std::filesystem;

/// Before the bytes of an entry: this, and their checksum in hexadecimal.
constexpr std::string_view kMagic = "inflight ort 1 ";
constexpr std::size_t kHeader = kMagic.size() + 17;

/// FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/: against accidents, not against attackers.
class Hash {
 public:
  void add(std::string_view bytes) noexcept {
    for (unsigned char c : bytes) value_ = (value_ ^ c) * 0x100000001b3U;
  }
  std::string text() const { return fmt::format("{:016x}", value_); }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

std::string header_of(std::string_view bytes) {
  Hash hash;
  hash.add(bytes);
  return fmt::format("{}{}\n", kMagic, hash.text());
}

/// Adds the model's bytes to `hash`. False: it cannot be read, or refers to other files.
bool add_model(Hash& hash, const fs::path& model) {
  // An ONNX file names the file that holds a tensor under the key "location" of a StringStringEntryProto.
  constexpr std::string_view kElsewhere("\x0a\x08location", 10);
  std::ifstream file(model, std::ios::binary);
  std::string chunk(std::size_t{1} << 20, '\0');
  std::string seam;  // the end of the last chunk and the start of this one
  while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || file.gcount() > 0) {
    std::string_view bytes(chunk.data(), static_cast<std::size_t>(file.gcount()));
    hash.add(bytes);
    seam += bytes.substr(0, kElsewhere.size());
    if (bytes.find(kElsewhere) != bytes.npos || seam.find(kElsewhere) != seam.npos) return false;
    seam = bytes.substr(bytes.size() - std::min(bytes.size(), kElsewhere.size()));
  }
  return file.eof();
}

}  // namespace

std::optional<CacheEntry> CacheEntry::of(const fs::path& folder, const fs::path& model, const std::string& made_with) {
  Hash hash;
  hash.add(made_with);
  if (!add_model(hash, model)) return std::nullopt;
  return CacheEntry(folder / fmt::format("{}-{}.ort", model.stem().string(), hash.text()));
}

bool CacheEntry::exists() const {
  std::error_code unreadable;
  return fs::exists(path_, unreadable);
}

Result<std::string> CacheEntry::load() const {
  std::ifstream file(path_, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (!file) return fail(ErrorCode::unreadable_input, path_.string() + " cannot be read");
  std::string header = bytes.substr(0, kHeader);
  bytes.erase(0, kHeader);
  if (header != header_of(bytes)) return fail(ErrorCode::unreadable_input, path_.string() + " is damaged");
  return bytes;
}

Result<fs::path> CacheEntry::make_draft() const {
  std::error_code error;
  fs::create_directories(path_.parent_path(), error);
  fs::path draft = path_;
  // A name that nobody can guess, and put a link in the place of, where others may write to the folder.
  std::random_device random;
  draft += fmt::format(".{:08x}{:08x}.draft", random(), random());
  int file = open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (file < 0) return fail(ErrorCode::unwritable_output, draft.string() + " cannot be written");
  close(file);
  return draft;
}

Result<void> CacheEntry::store(const fs::path& draft) const {
  std::ifstream file(draft, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::ofstream whole(draft, std::ios::binary | std::ios::trunc);
  whole << header_of(bytes) << bytes;
  whole.close();
  std::error_code error;
  if (file && whole) fs::rename(draft, path_, error);
  if (file && whole && !error) return {};
  fs::remove(draft, error);
  return fail(ErrorCode::unwritable_output, path_.string() + " cannot be written");
}

}  // namespace inflight::onnxruntime
