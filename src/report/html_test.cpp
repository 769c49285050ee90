#include "html.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "example_timeline.hpp"
#include "json.hpp"

namespace inflight::report {
namespace {

using testing::HasSubstr;
using testing::Not;

/// The data of the n-th chart of a page.
Json data_of(const std::string& html, int n = 0) {
  const std::string open = "<script type=\"application/json\">";
  std::size_t at = html.find(open);
  for (; n > 0; --n) at = html.find(open, at + 1);
  const std::size_t begin = at + open.size();
  return Json::parse(html.substr(begin, html.find("</script>", begin) - begin));
}

/// How often a tag begins. Texts must not add to it.
std::size_t count(const std::string& html, const std::string& what) {
  std::size_t found = 0;
  for (std::size_t at = html.find(what); at != std::string::npos; at = html.find(what, at + 1)) ++found;
  return found;
}

Page page_of(const std::string& text) {
  Page page{text, text, {}};
  page.sections.emplace_back(Text{text, text});
  page.sections.emplace_back(Table{text, {text, text}, {{text, text}}});
  page.sections.emplace_back(Chart{.title = text,
                                   .x_label = text,
                                   .y_label = text,
                                   .kind = ChartKind::bar,
                                   .categories = {text},
                                   .series = {{text, {}, {1}}},
                                   .markers = {{0, text}}});
  Timeline timeline = example_timeline();
  timeline.devices[0] = timeline.threads[0] = timeline.stages[0] = timeline.events[0].text = text;
  page.sections.emplace_back(TimelineChart{text, timeline});
  return page;
}

TEST(Html, ShowsAnyTextAsItIs) {
  const std::string plain = to_html(page_of("plain"));
  for (const char* hostile : {"</script><b>", "<!--", "-->", "\"><img src=x onerror=alert(1)>", "&lt;", "' onload='"}) {
    const std::string html = to_html(page_of(hostile));
    for (const char* tag : {"<script", "</script", "<b>", "<img", "<!--", "-->", "<section", "<td"})
      EXPECT_EQ(count(html, tag), count(plain, tag)) << hostile << " adds " << tag;
    EXPECT_EQ(data_of(html)["x_label"], hostile);
    EXPECT_EQ(data_of(html, 1)["devices"][0], hostile);
  }
}

TEST(Html, ReplacesBytesThatAreNoText) {
  EXPECT_EQ(escaped("a\xff\x01z"), "a\xef\xbf\xbd z");
  EXPECT_NO_THROW(to_html(page_of("\xc3\x28 \xff")));
}

TEST(Html, NeedsNothingFromOutside) {
  std::string html = to_html(page_of("plain"));
  for (const char* reference : {" src=", "<link", "@import", "url("})
    EXPECT_THAT(html.substr(0, html.find("Chart.js v")), Not(HasSubstr(reference)));
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(html, HasSubstr("MIT License"));
  EXPECT_THAT(html, HasSubstr("Chart.js v"));
}

TEST(Html, LeavesAGapWhereThereIsNoNumber) {
  Page page{"", "", {}};
  page.sections.emplace_back(Chart{.series = {{"s", {0, 1, 2}, {1.5, std::nan(""), INFINITY}}}});
  EXPECT_EQ(data_of(to_html(page))["series"][0]["y"], Json::parse("[1.5, null, null]"));
}

std::vector<std::int64_t> summed(const Json& differences) {
  std::vector<std::int64_t> values;
  std::int64_t sum = 0;
  for (const Json& difference : differences) values.push_back(sum += difference.get<std::int64_t>());
  return values;
}

TEST(Html, HoldsEveryRequestOfATimelineByItsBeginning) {
  Timeline timeline = example_timeline();
  std::swap(timeline.requests[0], timeline.requests[2]);
  timeline.requests[1].failed = true;
  const Json requests = Json::parse(script_data(timeline))["requests"];
  EXPECT_THAT(summed(requests["begin"]), testing::ElementsAre(1000, 11000, 31000));
  EXPECT_THAT(summed(requests["number"]), testing::ElementsAre(0, 1, 2));
  EXPECT_EQ(requests["length"], Json::parse("[20000, 20000, 4000]"));
  EXPECT_EQ(requests["late"], Json::parse("[1000, 1000, 1000]"));
  EXPECT_EQ(requests["device"], Json::parse("[0, 0, 1]"));
  EXPECT_EQ(requests["failed"], Json::parse("[0, 1, 0]"));
}

TEST(Html, HoldsAnEmptyTimeline) {
  const Json data = Json::parse(script_data(Timeline{}));
  EXPECT_TRUE(data["requests"]["begin"].empty());
  EXPECT_TRUE(data["events"].empty());
}

TEST(Html, OfAHundredThousandRequestsStaysSmall) {
  Timeline timeline = example_timeline();
  const TimelineRequest one = timeline.requests[0];
  timeline.requests.assign(100'000, one);
  for (std::size_t i = 0; i < timeline.requests.size(); ++i) {
    timeline.requests[i].number = i;
    timeline.requests[i].submitted = microseconds(100 * i);
    timeline.requests[i].completed = microseconds(100 * i + 1600);
  }
  EXPECT_LT(script_data(timeline).size(), std::size_t{4} << 20);
}

}  // namespace
}  // namespace inflight::report
