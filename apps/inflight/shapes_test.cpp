#include "shapes.hpp"

#include <gtest/gtest.h>

namespace inflight::app {
namespace {

Shape shape_of(const std::string& text, const std::string& name) {
  Result<std::map<std::string, Shape>> shapes = parse_shapes(text);
  EXPECT_TRUE(shapes) << text;
  return shapes && shapes->contains(name) ? shapes->at(name) : Shape();
}

TEST(ParseShapes, NamesTheOnlyInputByNothing) {
  EXPECT_EQ(shape_of("[1,3,224,224]", ""), (Shape{1, 3, 224, 224}));
  EXPECT_EQ(shape_of("[ 1, 3 ]", ""), (Shape{1, 3})) << "blanks do not matter";
}

TEST(ParseShapes, NamesEachOfSeveralInputs) {
  EXPECT_EQ(shape_of("data[1,3,224,224],info[1,2]", "data"), (Shape{1, 3, 224, 224}));
  EXPECT_EQ(shape_of("data[1,3,224,224],info[1,2]", "info"), (Shape{1, 2}));
}

TEST(ParseShapes, SaysNothingAboutNothing) { EXPECT_TRUE(parse_shapes("")->empty()); }

TEST(ParseShapes, RefusesWhatIsNoShapeAndShowsHowOneIsWritten) {
  for (const char* text :
       {"1,3", "[", "]", "][", "[]", "[0]", "[-1]", "[1,]", "[,1]", "[1;2]", "[?,3]", "[1][2]", "[1],", "[1],[2]",
        "a[1],a[2]", "a[1]b[2]", "[99999999999999999999]", "[1,1,1,1,1,1,1,1,1]"}) {
    Result<std::map<std::string, Shape>> shapes = parse_shapes(text);
    ASSERT_FALSE(shapes) << text;
    EXPECT_EQ(shapes.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(shapes.error().message.find(text), std::string::npos) << shapes.error().message;
    EXPECT_NE(shapes.error().message.find("write [1,3,224,224]"), std::string::npos) << shapes.error().message;
  }
}

}  // namespace
}  // namespace inflight::app
