// What a load feeds a model with.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "inflight/measure.hpp"
#include "inflight/media.hpp"
#include "inflight/vision.hpp"
#include "npy.hpp"

namespace inflight {
namespace {

namespace fs = std::filesystem;

template <class T, class Draw>
void draw_all(TensorView tensor, Draw draw) {
  std::ranges::generate(tensor.as<T>(), [&] { return static_cast<T>(draw()); });
}

void randomise(TensorView tensor, std::mt19937_64& random) {
  std::uniform_int_distribution<int> byte(0, 255), bit(0, 1);
  std::uniform_real_distribution<double> unit(0, 1);
  // The upper half of an f32 in [0, 1) is a bf16 in it; 0x3800 + 10 random bits is an f16 in [0.5, 1).
  std::uniform_int_distribution<int> half(0, 1023);
  switch (tensor.type()) {
    case ElementType::u8:
    case ElementType::i8:
      return draw_all<std::uint8_t>(tensor, [&] { return byte(random); });
    case ElementType::i32:
      return draw_all<std::int32_t>(tensor, [&] { return bit(random); });
    case ElementType::i64:
      return draw_all<std::int64_t>(tensor, [&] { return bit(random); });
    case ElementType::f32:
      return draw_all<float>(tensor, [&] { return unit(random); });
    case ElementType::f64:
      return draw_all<double>(tensor, [&] { return unit(random); });
    case ElementType::f16:
      return draw_all<std::uint16_t>(tensor, [&] { return 0x3800 + half(random); });
    case ElementType::bf16:
      return draw_all<std::uint16_t>(tensor, [&] { return 0x3f00 + half(random) / 8; });
    case ElementType::other:
      return;
  }
}

Result<void> check_settled(const Port& port) {
  if (port.shape.is_static() && size_of(port.type) > 0) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("input \"{}\" is {} {}: settle it with -shape, e.g. -shape {}[1,…]", port.name,
                          to_string(port.type), to_string(port.shape), port.name));
}

/// The files for one input of the model.
struct PortFiles {
  std::size_t port = 0;
  std::vector<fs::path> files;
};

/// A folder's files, in the order of their names.
std::vector<fs::path> list(const fs::path& path) {
  std::error_code trouble;
  if (!fs::is_directory(path, trouble)) return {path};
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(path, trouble), end; !trouble && entry != end; entry.increment(trouble)) {
    std::error_code unknown;
    if (entry->is_regular_file(unknown)) files.push_back(entry->path());
  }
  std::ranges::sort(files);
  return files;
}

tl::unexpected<Error> wrong_size(const fs::path& file, const std::string& is, const Port& port) {
  return fail(ErrorCode::unreadable_input,
              fmt::format("{}: it is {}; input \"{}\" takes {} {}, {} bytes", file.string(), is, port.name,
                          to_string(port.type), to_string(port.shape), port.shape.elements() * size_of(port.type)));
}

Result<Tensor> read_bin(const fs::path& path, const Port& port) {
  Tensor tensor(port.type, port.shape);
  std::error_code missing;
  std::uintmax_t size = fs::file_size(path, missing);
  if (missing) return fail(ErrorCode::unreadable_input, path.string() + ": there is no such file");
  std::span<std::byte> bytes = tensor.view().as_bytes();
  if (size != bytes.size()) return wrong_size(path, fmt::format("{} bytes", size), port);
  std::ifstream file(path, std::ios::binary);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    return fail(ErrorCode::unreadable_input, path.string() + ": cannot be read");
  return tensor;
}

Result<Tensor> read_array(const fs::path& path, const Port& port) {
  Result<Tensor> tensor = read_npy(path);
  if (!tensor || (tensor->view().type() == port.type && tensor->view().shape() == port.shape)) return tensor;
  return wrong_size(path, fmt::format("{} {}", to_string(tensor->view().type()), to_string(tensor->view().shape())),
                    port);
}

/// Stretched to the input, as benchmark_app does; every item of a batch is the same picture.
Result<Tensor> read_picture(const fs::path& path, const Port& port) {
  Result<std::unique_ptr<Source>> source = open_source(path.string());
  if (!source) return fail(std::move(source.error()));
  Frame frame;
  Result<bool> got = (*source)->read(frame);
  if (!got) return fail(std::move(got.error()));
  if (!*got) return fail(ErrorCode::unreadable_input, path.string() + ": it holds no picture");
  Result<std::unique_ptr<Preprocessor>> preprocessor = make_preprocessor(port, {});
  if (!preprocessor)
    return fail(
        ErrorCode::unreadable_input,
        fmt::format("{}: input \"{}\" takes no picture; give it a .npy or .bin file", path.string(), port.name));
  Tensor tensor(port.type, port.shape);
  if (auto done = (*preprocessor)->run(frame.picture(), tensor); !done) return fail(std::move(done.error()));
  return tensor;
}

Result<Tensor> read_file(const fs::path& path, const Port& port) {
  if (path.extension() == ".bin") return read_bin(path, port);
  return path.extension() == ".npy" ? read_array(path, port) : read_picture(path, port);
}

/// "path" or "NAME:path".
Result<PortFiles> parse(const ModelInfo& model, const std::string& spec) {
  PortFiles files;
  std::string path = spec;
  for (std::size_t port = 0; port < model.inputs.size(); ++port) {
    if (!spec.starts_with(model.inputs[port].name + ":")) continue;
    files.port = port;
    path = spec.substr(model.inputs[port].name.size() + 1);
  }
  std::error_code unknown;
  if (!fs::exists(path, unknown)) return fail(ErrorCode::unreadable_input, path + ": there is no such file or folder");
  files.files = list(path);
  if (files.files.empty())
    return fail(ErrorCode::unreadable_input, path + ": the folder is empty, or one may not look into it");
  return files;
}

/// So many pictures are kept that they do not all fit into a processor's cache, and no more.
constexpr std::size_t kMostFiles = 64;

}  // namespace

Result<InputData> random_inputs(const ModelInfo& model, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Tensor> set;
  for (const Port& port : model.inputs) {
    if (Result<void> settled = check_settled(port); !settled) return fail(std::move(settled.error()));
    randomise(set.emplace_back(port.type, port.shape), random);
  }
  InputData data;
  data.push_back(std::move(set));
  return data;
}

Result<InputData> read_inputs(const ModelInfo& model, const std::vector<std::string>& specs) {
  std::vector<PortFiles> all;
  std::size_t sets = 1;
  for (const std::string& spec : specs) {
    Result<PortFiles> files = parse(model, spec);
    if (!files) return fail(std::move(files.error()));
    sets = std::max(sets, std::min(files->files.size(), kMostFiles));
    all.push_back(std::move(*files));
  }
  InputData data;
  for (std::size_t set = 0; set < sets; ++set) {
    Result<InputData> tensors = random_inputs(model, set + 1);
    if (!tensors) return tensors;
    for (const PortFiles& files : all) {
      Result<Tensor> read = read_file(files.files[set % files.files.size()], model.inputs[files.port]);
      if (!read) return fail(std::move(read.error()));
      tensors->front()[files.port] = std::move(*read);
    }
    data.push_back(std::move(tensors->front()));
  }
  return data;
}

}  // namespace inflight
