#include "file_place.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace inflight::app {
namespace {

namespace fs = std::filesystem;

class FilePlaces : public testing::Test {
 protected:
  FilePlaces() : folder_(fs::canonical(mkdtemp(name_.data()))) {
    fs::create_directory(folder_ / "real");
    fs::create_directory_symlink(folder_ / "real", folder_ / "link");
  }
  ~FilePlaces() override { fs::remove_all(folder_); }

  bool same(const fs::path& a, const fs::path& b) const {
    return is_same_file(place_of(folder_ / a), place_of(folder_ / b));
  }

  std::string name_ = fs::temp_directory_path() / "inflight-test-XXXXXX";
  fs::path folder_;
};

TEST_F(FilePlaces, AreTheSameThroughLinksWhereThereIsAFile) {
  std::ofstream(folder_ / "real/file") << "x";
  fs::create_hard_link(folder_ / "real/file", folder_ / "hard");
  EXPECT_TRUE(same("real/file", "link/file"));
  EXPECT_TRUE(same("real/file", "hard"));
  std::ofstream(folder_ / "other") << "x";
  EXPECT_FALSE(same("real/file", "other"));
}

TEST_F(FilePlaces, AreTheSameThroughLinksWhereThereIsNoFileYet) {
  fs::create_symlink("real/new", folder_ / "dangling");
  for (const char* other : {"link/new", "dangling", "real/../real/new", "link/./new"})
    EXPECT_TRUE(same("real/new", other)) << other;
  EXPECT_FALSE(same("real/new", "new"));
  EXPECT_TRUE(same("missing/new", "missing/../missing/new"));
}

TEST_F(FilePlaces, OfDevicesAreNeverTheSame) {
  EXPECT_FALSE(is_same_file(place_of("/dev/null"), place_of("/dev/null")));
}

TEST_F(FilePlaces, AreToldByTheirNamesWhereLinksGoRound) {
  fs::create_symlink("b", folder_ / "a");
  fs::create_symlink("a", folder_ / "b");
  EXPECT_TRUE(same("a", "a"));
  EXPECT_FALSE(same("a", "real"));
}

}  // namespace
}  // namespace inflight::app
