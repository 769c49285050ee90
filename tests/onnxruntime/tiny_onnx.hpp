// Models made on the spot, so that tests see the shapes they are about.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace inflight {

/// A dimension of an ONNX model: a size, or a name where it is open ("" for none).
struct TinyDim {
  TinyDim(int value) : size(value) {}                  // NOLINT(google-explicit-constructor)
  TinyDim(const char* open) : size(-1), name(open) {}  // NOLINT(google-explicit-constructor)
  int size;
  std::string name;
};

/// y = x + x, of one type and shape.
struct TinyModel {
  std::vector<TinyDim> dims;
  int type = 1;  ///< TensorProto.DataType: 1 is float, 9 bool
  std::map<std::string, std::string> metadata;
};

/// The few messages of onnx.proto3 (github.com/onnx/onnx) that such a model takes, in protobuf's wire format.
class TinyOnnx {
 public:
  static std::string encode(const TinyModel& model) {
    std::string node = bytes(1, "x") + bytes(1, "x") + bytes(2, "y") + bytes(4, "Add");
    std::string graph = bytes(1, node) + bytes(2, "tiny") + bytes(11, value("x", model)) + bytes(12, value("y", model));
    std::string all = number(1, 8) + bytes(7, graph) + bytes(8, number(2, 14));  // IR version 8, operator set 14
    for (const auto& [key, text] : model.metadata) all += bytes(14, bytes(1, key) + bytes(2, text));
    return all;
  }

 private:
  static std::string varint(std::uint64_t value) {
    std::string out;
    for (; value >= 128; value >>= 7) out += static_cast<char>(value % 128 + 128);
    return out + static_cast<char>(value);
  }
  static std::string number(int field, std::uint64_t value) { return varint(field * 8) + varint(value); }
  static std::string bytes(int field, const std::string& value) {
    return varint(field * 8 + 2) + varint(value.size()) + value;
  }
  static std::string value(const std::string& name, const TinyModel& model) {
    std::string shape;
    for (const TinyDim& dim : model.dims)
      shape += bytes(1, dim.size >= 0 ? number(1, dim.size) : dim.name.empty() ? "" : bytes(2, dim.name));
    return bytes(1, name) + bytes(2, bytes(1, number(1, model.type) + bytes(2, shape)));
  }
};

/// A folder that is gone when the test ends.
class TinyFolder {
 public:
  TinyFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "inflight_ort_XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  TinyFolder(const TinyFolder&) = delete;
  TinyFolder& operator=(const TinyFolder&) = delete;
  ~TinyFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path add(const TinyModel& model, const std::string& name = "tiny.onnx") const {
    return add(TinyOnnx::encode(model), name);
  }
  std::filesystem::path add(const std::string& content, const std::string& name) const {
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace inflight
