#include "cgroup.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace inflight {
namespace {

namespace fs = std::filesystem;

class Cgroup : public testing::Test {
 protected:
  Cgroup() { fs::remove_all(root_); }
  ~Cgroup() override { fs::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << '\n';
  }
  std::optional<double> quota() { return cpu_quota(root_ / "groups", root_ / "mount"); }

 private:
  const fs::path root_ = fs::path(testing::TempDir()) /
                         ("cgroup-" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(Cgroup, WithoutAQuotaLimitsNothing) {
  EXPECT_EQ(quota(), std::nullopt);
  write("groups", "0::/camera");
  write("mount/camera/cpu.max", "max 100000");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(Cgroup, IsTheTightestOfItsGroupAndThoseAbove) {
  write("groups", "0::/system.slice/camera.service");
  write("mount/system.slice/camera.service/cpu.max", "300000 100000");
  EXPECT_EQ(quota(), 3);
  write("mount/system.slice/cpu.max", "150000 100000");
  EXPECT_EQ(quota(), 1.5);
}

TEST_F(Cgroup, OfVersionOneIsSeenInANestedGroup) {
  write("groups", "12:memory:/pods/a\n4:cpu,cpuacct:/pods/a\n1:name=systemd:/pods/a");
  write("mount/cpu/pods/a/cpu.cfs_quota_us", "200000");
  write("mount/cpu/pods/a/cpu.cfs_period_us", "100000");
  write("mount/cpu/cpu.cfs_quota_us", "-1");
  write("mount/cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(quota(), 2);
}

TEST_F(Cgroup, OfVersionOneIsSeenWhereAContainerSeesItsOwnAsTheRoot) {
  write("groups", "4:cpuset:/docker/1234\n3:cpuacct,cpu:/docker/1234");
  write("mount/cpuacct,cpu/cpu.cfs_quota_us", "50000");
  write("mount/cpuacct,cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(quota(), 0.5);
}

}  // namespace
}  // namespace inflight
