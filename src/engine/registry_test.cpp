#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "inflight/engine.hpp"

namespace inflight {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// A folder of plugins that cannot be used, in which the registry looks first: it looks only once per process.
const fs::path& folder() {
  static const fs::path path = [] {
    fs::path made = fs::temp_directory_path() / ("inflight_registry_test." + std::to_string(getpid()));
    fs::create_directories(made);
    std::ofstream(made / "inflight_broken.so") << "this is no library\n";
    std::ofstream(made / "inflight_sim.so") << "nor is this\n";
    std::ofstream(made / "inflight_notes.txt") << "and this is not meant to be one\n";
    fs::create_symlink("nowhere.so", made / "inflight_dangling.so");
    Dl_info libc{};  // a library that is no plugin
    dladdr(reinterpret_cast<void*>(&std::getenv), &libc);
    fs::create_symlink(libc.dli_fname, made / "inflight_libc.so");
    fs::copy_file(INFLIGHT_TEST_PLUGINS "/inflight_incompatible.so", made / "inflight_incompatible.so");
    fs::copy_file(INFLIGHT_TEST_PLUGINS "/inflight_unusable.so", made / "inflight_unusable.so");
    return made;
  }();
  return path;
}

class Registry : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string path = "/nowhere::" + folder().string();
    if (const char* others = std::getenv("INFLIGHT_PLUGIN_PATH")) path += std::string(":") + others;
    setenv("INFLIGHT_PLUGIN_PATH", path.c_str(), 1);
    engines();
    fs::remove_all(folder());
  }

  static const EngineStatus* find(const std::string& name) {
    for (const EngineStatus& status : engines())
      if (status.name == name) return &status;
    return nullptr;
  }

  static std::string problem_of(const std::string& name) {
    const EngineStatus* status = find(name);
    if (!status) return "not listed";
    EXPECT_EQ(status->engine, nullptr);
    EXPECT_EQ(status->where, (folder() / ("inflight_" + name + ".so")).string());
    return status->problem;
  }
};

TEST_F(Registry, AlwaysHasTheSimulatedEngineWhichNoFileReplaces) {
  const EngineStatus* sim = find("sim");
  ASSERT_TRUE(sim && sim->engine);
  EXPECT_EQ(sim->where, "built in");
  EXPECT_EQ(std::ranges::count(engines(), std::string("sim"), &EngineStatus::name), 1);
}

TEST_F(Registry, SaysWhichFileIsNoLibrary) {
  EXPECT_THAT(problem_of("broken"), HasSubstr("inflight_broken.so"));
  EXPECT_THAT(problem_of("dangling"), HasSubstr("inflight_dangling.so"));
}

TEST_F(Registry, RefusesAModuleOfAnotherVersionWithoutCallingIt) {
  EXPECT_THAT(problem_of("incompatible"), AllOf(HasSubstr("inflight_incompatible.so"), HasSubstr("another version")));
}

TEST_F(Registry, RefusesALibraryThatIsNoPlugin) { EXPECT_THAT(problem_of("libc"), HasSubstr("inflight_libc.so")); }

TEST_F(Registry, PassesOnWhyAnEngineCannotBeUsed) {
  EXPECT_EQ(problem_of("unusable"), "libvendor.so was looked for and not found");
}

TEST_F(Registry, IgnoresOtherFilesAndFoldersThatAreNotThere) { EXPECT_EQ(find("notes"), nullptr); }

TEST_F(Registry, IsReadOnce) { EXPECT_EQ(&engines(), &engines()); }

TEST(PerformanceHint, HasANameForEachValue) {
  EXPECT_STREQ(to_string(PerformanceHint::latency), "latency");
  EXPECT_STREQ(to_string(PerformanceHint::throughput), "throughput");
  EXPECT_STREQ(to_string(PerformanceHint::cumulative_throughput), "cumulative_throughput");
}

}  // namespace
}  // namespace inflight
