#include "worker.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <array>
#include <system_error>
#include <thread>
#include <vector>

#include "inflight/clock.hpp"
#include "testing/few_threads.hpp"
#include "thread_room.hpp"
#include "usage.hpp"

namespace inflight {
namespace {

TEST(Worker, RunsItsBodyAndIsWaitedFor) {
  bool ran = false;
  {
    Worker worker("test", [&] { ran = true; });
  }
  EXPECT_TRUE(ran);
}

TEST(Worker, ShowsTheFirstFifteenLettersOfItsName) {
  std::array<char, 32> name{};
  {
    Worker worker("infer-queue of the front camera",
                  [&] { pthread_getname_np(pthread_self(), name.data(), name.size()); });
  }
  EXPECT_STREQ(name.data(), "infer-queue of ");
}

TEST(Worker, MovesIntoAVectorAndIsJoinedOnce) {
  int ran = 0;
  {
    std::vector<Worker> workers;
    workers.emplace_back("one", [&] { ++ran; });
    Worker moved = std::move(workers.back());
  }
  EXPECT_EQ(ran, 1);
}

TEST(Worker, SaysWhichThreadCouldNotBeStartedAndWhatToDo) {
  test::FewThreads few(0);
  Result<Worker> worker = Worker::start("reader", [] {});
  ASSERT_FALSE(worker);
  EXPECT_NE(worker.error().message.find("the thread reader could not be started"), std::string::npos);
  EXPECT_NE(worker.error().message.find("ulimit -u"), std::string::npos);
  EXPECT_THROW(Worker("reader", [] {}), std::system_error);
}

TEST(Threads, AreTriedAllAtOnce) {
  EXPECT_TRUE(check_threads(3));
  test::FewThreads few(2);
  Result<void> three = check_threads(3);
  ASSERT_FALSE(three);
  EXPECT_NE(three.error().message.find("could not be started"), std::string::npos);
}

TEST(Threads, HaveARemedyWhereALibrarySaysThatThereAreNone) {
  EXPECT_NE(with_thread_remedy("engine: Resource temporarily unavailable").find("ulimit -u"), std::string::npos);
  EXPECT_EQ(with_thread_remedy("engine: no such device"), "engine: no such device");
}

TEST(Worker, HasAStackForAnEngineHoweverSmallTheSystemsAre) {
  pthread_attr_t before, small;
  pthread_getattr_default_np(&before);
  pthread_getattr_default_np(&small);
  pthread_attr_setstacksize(&small, std::size_t{256} << 10);
  pthread_setattr_default_np(&small);
  std::size_t stack = 0;
  Worker("roomy", [&] {
    pthread_attr_t own;
    pthread_getattr_np(pthread_self(), &own);
    pthread_attr_getstacksize(&own, &stack);
    pthread_attr_destroy(&own);
  });
  pthread_setattr_default_np(&before);
  pthread_attr_destroy(&small);
  pthread_attr_destroy(&before);
  EXPECT_GE(stack, std::size_t{1} << 20);
}

TEST(Worker, OfADrivenClockGoesWhereAnotherCannotBeStarted) {
  VirtualClock clock;
  test::FewThreads few(2);
  EXPECT_THROW(clock.drive(3), std::system_error);
}

TEST(Usage, CountsTheProcessorTimeOfAThreadThatWorks) {
  Duration process = process_cpu_time();
  Duration before = thread_cpu_time();
  while (thread_cpu_time() - before < std::chrono::milliseconds(2)) {
  }
  EXPECT_GE(process_cpu_time() - process, std::chrono::milliseconds(2));
}

TEST(Usage, CountsNothingForAThreadThatWaits) {
  Duration waiting{};
  std::atomic<bool> go = false;
  {
    Worker waiter("waiter", [&] {
      Duration before = thread_cpu_time();
      go.wait(false);
      waiting = thread_cpu_time() - before;
    });
    Duration before = thread_cpu_time();
    while (thread_cpu_time() - before < std::chrono::milliseconds(20)) {
    }
    go = true;
    go.notify_one();
  }
  EXPECT_LT(waiting, std::chrono::milliseconds(10));
}

TEST(Usage, FindsAtLeastOneCoreAndNoMoreThanTheMachineHas) {
  EXPECT_GE(available_cores(), 1);
  EXPECT_LE(available_cores(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(Usage, FollowsTheAffinityOfTheThread) {
  int cores = 0;
  Worker("pinned", [&] {
    cpu_set_t all, one;
    pthread_getaffinity_np(pthread_self(), sizeof all, &all);
    CPU_ZERO(&one);
    for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
      if (CPU_ISSET(cpu, &all)) CPU_SET(cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof one, &one);
    cores = available_cores();
  });
  EXPECT_EQ(cores, 1);
}

TEST(Usage, SeesMemoryThatWasTouched) {
  double before = peak_rss_mb();
  std::vector<char> memory(64 << 20, 1);
  EXPECT_GE(peak_rss_mb(), std::max(before, 64.0)) << memory[1];
}

}  // namespace
}  // namespace inflight
