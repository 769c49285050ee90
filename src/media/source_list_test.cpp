#include <gmock/gmock.h>

#include "media_test_kit.hpp"

namespace inflight::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

Result<SourceList> read_text(const std::string& text, bool leave_out_bad_lines = false) {
  Folder folder;
  store(folder / "sources.txt", text);
  return read_source_list(folder / "sources.txt", leave_out_bad_lines);
}

std::vector<std::string> specs(const SourceList& list) {
  std::vector<std::string> all;
  for (const ListedSource& source : list.sources) all.push_back(source.spec);
  return all;
}

TEST(SourceList, NamesOneSourcePerLine) {
  auto list = read_text("# cameras\n\nrtsp://a/1#x\n  video.mp4\t# the door\r\n\"my film.mp4\"\n/dev/video0");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_THAT(specs(*list), ElementsAre("rtsp://a/1#x", "video.mp4", "my film.mp4", "/dev/video0"));
  EXPECT_EQ(list->sources[0].line, 3);
  EXPECT_EQ(list->sources[3].line, 6);
  EXPECT_THAT(list->sources[1].options, IsEmpty());
}

TEST(SourceList, TakesOptionsBehindASource) {
  auto list = read_text(
      "a.mp4 name=\"front door\" priority=-2 overflow=drop_oldest max-age=200ms realtime=true loop=0 every=3\n");
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_THAT(list->sources[0].options,
              ElementsAre(Pair("every", "3"), Pair("loop", "0"), Pair("max-age", "200ms"), Pair("name", "front door"),
                          Pair("overflow", "drop_oldest"), Pair("priority", "-2"), Pair("realtime", "true")));
}

TEST(SourceList, NamesTheLineAndWhatToWriteInstead) {
  const std::string cases[][3] = {{"a.mp4 prority=1", "there is no option prority", "did you mean priority?"},
                                  {"a.mp4 colour=1", "there is no option colour", "the options are name, priority"},
                                  {"a.mp4 priority=high", "priority=\"high\"", "a whole number"},
                                  {"a.mp4 overflow=drop", "overflow=\"drop\"", "drop_oldest"},
                                  {"a.mp4 max-age=200", "max-age=\"200\"", "200ms"},
                                  {"a.mp4 max-age=0ms", "max-age", "200ms"},
                                  {"a.mp4 realtime=yes", "realtime=\"yes\"", "true or false"},
                                  {"a.mp4 loop=-1", "loop=\"-1\"", "0 for ever"},
                                  {"a.mp4 every=0", "every=\"0\"", "from 1"},
                                  {"a.mp4 name=", "name=\"\"", "a name"},
                                  {"a.mp4 loop=1 loop=2", "loop is given twice", "leave one out"},
                                  {"my film.mp4", "\"film.mp4\" is no option", "in double quotes"},
                                  {"\"my film.mp4", "not closed", "write one"},
                                  {"\"\" loop=1", "empty", "write a file"}};
  for (const auto& [line, wrong, remedy] : cases) {
    auto list = read_text("ok.mp4\n" + line + "\n");
    ASSERT_FALSE(list) << line;
    EXPECT_EQ(list.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(list.error().message, AllOf(HasSubstr("sources.txt:2: "), HasSubstr(wrong), HasSubstr(remedy)));
  }
}

TEST(SourceList, RefusesANameThatIsTaken) {
  auto list = read_text("a.mp4 name=door\nb.mp4\nc.mp4 name=door\n");
  ASSERT_FALSE(list);
  EXPECT_THAT(list.error().message, AllOf(HasSubstr(":3: "), HasSubstr("door is taken by line 1")));
}

TEST(SourceList, LeavesBadLinesOutWhereAskedAndTellsOfThem) {
  auto list = read_text("a.mp4\nb.mp4 nme=x\nc.mp4\n\"d\n", true);
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_THAT(specs(*list), ElementsAre("a.mp4", "c.mp4"));
  ASSERT_EQ(list->bad_lines.size(), 2U);
  EXPECT_THAT(list->bad_lines[0].message, HasSubstr(":2: "));
  EXPECT_THAT(list->bad_lines[1].message, HasSubstr(":4: "));
}

TEST(SourceList, CannotBeMissingOrEmpty) {
  Folder folder;
  for (const std::string& path : {folder / "missing.txt", folder.path().string()}) {
    auto list = read_source_list(path);
    ASSERT_FALSE(list) << path;
    EXPECT_EQ(list.error().code, ErrorCode::unreadable_input);
    EXPECT_THAT(list.error().message, HasSubstr(path));
  }
  auto empty = read_text("# nothing\n\n");
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().message, HasSubstr("names no source"));
  EXPECT_FALSE(read_text("a.mp4 x=1\n", true));
}

TEST(SourceList, MayBeginWithAMark) {
  auto list = read_text(
      "\xef\xbb\xbf"
      "a.mp4\n");
  ASSERT_TRUE(list);
  EXPECT_THAT(specs(*list), ElementsAre("a.mp4"));
}

TEST(SourceList, ReadsUtf16AsEditorsWriteIt) {
  using namespace std::string_literals;
  Folder folder;
  const std::u16string lines = u"a.mp4 name=Tür\r\nb\U0001F600.mp4\r\n";
  for (bool big_endian : {false, true}) {
    std::string bytes = big_endian ? "\xfe\xff" : "\xff\xfe";
    for (char16_t c : lines) {
      std::string unit{static_cast<char>(c & 0xff), static_cast<char>(c >> 8)};
      if (big_endian) std::swap(unit[0], unit[1]);
      bytes += unit;
    }
    store(folder / "list.txt", bytes);
    auto list = read_source_list(folder / "list.txt");
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->sources.size(), 2U);
    EXPECT_EQ(list->sources[0].options.at("name"), "Tür");
    EXPECT_EQ(list->sources[1].spec, "b\xf0\x9f\x98\x80.mp4");
  }
}

TEST(SourceList, ShowsNoBytesOfWhatIsNoText) {
  Folder folder;
  store(folder / "video.txt", contents(kVideo).substr(0, 100'000));
  auto list = read_source_list(folder / "video.txt", true);
  ASSERT_FALSE(list);
  EXPECT_EQ(list.error().code, ErrorCode::unreadable_input);
  EXPECT_EQ(list.error().message, (folder / "video.txt") +
                                      ": not a list of sources; if it is a video, give it another "
                                      "extension");
}

}  // namespace
}  // namespace inflight::test
