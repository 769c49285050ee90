#include "library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <onnxruntime_cxx_api.h>

#include <cstdlib>
#include <optional>
#include <vector>

#include "inflight/detail/joined.hpp"

namespace inflight::onnxruntime {
namespace {

/// Its interface only grows, so every later library has this version of it too. RunAsync's siblings, provider
/// options and the ORT format as used here are all older.
constexpr int kApi = 21;
static_assert(ORT_API_VERSION >= kApi, "headers of ONNX Runtime 1.21 or later are needed");

struct Candidates {
  std::vector<std::string> files;
  std::string why;
};

Candidates candidates() {
  const char* chosen = std::getenv("INFLIGHT_ORT_LIBRARY");
  if (chosen && *chosen) return {{chosen}, "as INFLIGHT_ORT_LIBRARY says"};
  std::vector<std::string> files;
  if (std::string built_with = INFLIGHT_ORT_DEFAULT_LIBRARY; !built_with.empty()) files.push_back(built_with);
  // By the loader's rules: wheels' and vendors' name, then Debian's.
  for (const char* name : {"libonnxruntime.so.1", "libonnxruntime.so.1.21", "libonnxruntime.so"})
    files.emplace_back(name);
  return {std::move(files), "INFLIGHT_ORT_LIBRARY may name another"};
}

/// 21 of "1.21.0"; 0 where it does not read like that.
int minor_version(std::string_view version) {
  if (!version.starts_with("1.")) return 0;
  return std::atoi(version.data() + 2);
}

/// Its version, or what is wrong with it.
Result<std::string> try_library(const std::string& file) {
  // Never closed: its threads and thread-local data outlive every session.
  void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) return fail(ErrorCode::device_unusable, dlerror());
  auto get_base = reinterpret_cast<const OrtApiBase* (*)()>(dlsym(library, "OrtGetApiBase"));
  if (!get_base) return fail(ErrorCode::device_unusable, file + " is not ONNX Runtime: it has no OrtGetApiBase");
  std::string version = get_base()->GetVersionString();
  // Asked in this order because an older library prints a complaint when asked for an interface it lacks.
  const OrtApi* api = minor_version(version) >= kApi ? get_base()->GetApi(kApi) : nullptr;
  if (!api)
    return fail(ErrorCode::device_unusable,
                fmt::format("{} is ONNX Runtime {}; 1.{} or a later 1.x is needed", file, version, kApi));
  Ort::InitApi(api);
  return version;
}

}  // namespace

Result<Library> open_library() {
  auto [files, why] = candidates();
  std::string problems;
  for (const std::string& file : files) {
    Result<std::string> version = try_library(file);
    if (version) return Library{file, *version};
    detail::join(problems, "; ", version.error().message);
  }
  return fail(ErrorCode::device_unusable,
              fmt::format("ONNX Runtime's library was looked for, but: {} ({})", problems, why));
}

}  // namespace inflight::onnxruntime
