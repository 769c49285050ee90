#include "labels.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace inflight {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(Labels, ReadsPythonsAndJsonsMaps) {
  EXPECT_THAT(parse_labels("{0: 'person', 1: 'traffic light'}"), ElementsAre("person", "traffic light"));
  EXPECT_THAT(parse_labels(R"({"1": "dog", "0": "cat"})"), ElementsAre("cat", "dog"));
  EXPECT_THAT(parse_labels("{ 2 : \"driver's seat\" }"), ElementsAre("", "", "driver's seat"));
  EXPECT_THAT(parse_labels(R"({0: 'driver\'s'})"), ElementsAre("driver's"));
}

TEST(Labels, ReadsLists) {
  EXPECT_THAT(parse_labels("['a', \"b\"]"), ElementsAre("a", "b"));
  EXPECT_THAT(parse_labels("person car"), ElementsAre("person", "car"));
  EXPECT_THAT(parse_labels("traffic light, car"), ElementsAre("traffic light", "car"));
  EXPECT_THAT(parse_labels("traffic light\nsalt, pepper\n"), ElementsAre("traffic light", "salt, pepper"));
}

TEST(Labels, GivesUpOnDamagedTextWithoutHarm) {
  for (const char* text : {"", " ", "{", "{0", "{0:", "{0: 'a", "{0: 'a\\", "{x: 'a'}", "{-1: 'a'}", "[", "['a'",
                           "[1, 2]", "{99999999999999999999: 'a'}", "{70000: 'a'}", "{\"0: 'a'}"}) {
    EXPECT_THAT(parse_labels(text), IsEmpty()) << text;
  }
}

TEST(Labels, SurvivesAnyText) {
  constexpr std::string_view kAlphabet = "{}[]:,'\"\\ 019ab\n";
  std::mt19937 random(4);
  for (int round = 0; round < 20000; ++round) {
    std::string text(random() % 24, ' ');
    for (char& c : text) c = kAlphabet[random() % kAlphabet.size()];
    ASSERT_LE(parse_labels(text).size(), 65536U) << text;
  }
}

TEST(Labels, MetadataComesFirst) {
  ModelInfo model{"person-detection-0200", {}, {}, {{"model_info/labels", "cyclist"}, {"author", "x"}}};
  EXPECT_THAT(find_labels(model, 0), ElementsAre("cyclist"));
  model.metadata = {{"names", "{0: 'pallet'}"}};
  EXPECT_THAT(find_labels(model, 80), ElementsAre("pallet"));
}

TEST(Labels, KnowsTheOpenModelZooByName) {
  auto of = [](const char* name) { return find_labels({name, {}, {}, {}}, 0); };
  EXPECT_THAT(of("person-detection-0200"), ElementsAre("person"));
  EXPECT_THAT(of("person-detection-retail-0013"), ElementsAre("background", "person"));
  EXPECT_THAT(of("person-vehicle-bike-detection-2001"), ElementsAre("vehicle", "person", "bike"));
  EXPECT_THAT(of("something-else"), IsEmpty());
}

TEST(Labels, EightyClassesAreCoco) {
  auto labels = find_labels({"model", {}, {}, {}}, 80);
  ASSERT_THAT(labels, SizeIs(80));
  EXPECT_EQ(labels[0], "person");
  EXPECT_EQ(labels[2], "car");
  EXPECT_EQ(labels[79], "toothbrush");
  EXPECT_THAT(find_labels({"person-and-others", {}, {}, {}}, 12), IsEmpty());
}

}  // namespace
}  // namespace inflight
