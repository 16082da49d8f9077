#include "image/text_size.hpp"

#include <gtest/gtest.h>

#include "image/library.hpp"
#include "image/workpiece.hpp"
#include "support/pictures.hpp"

namespace imcaxy::image {
namespace {

constexpr std::uint64_t allowed = 50'000'000;

std::string refused(const TextMark& mark) {
  const auto checked = check_text(mark, 640, allowed);
  if (checked) return "";
  EXPECT_EQ(checked.error().status, 400);
  return checked.error().message;
}

TEST(CheckText, LetsThroughWhatPeopleWrite) {
  for (const TextMark& mark :
       {TextMark{.text = "Copyright"}, TextMark{.text = "(c) Some Body, 2026. All rights reserved.", .dpi = 300},
        TextMark{.text = "<b>bold</b> <i>and</i> <span foreground='red'>red</span>", .font = "sans bold 24"},
        TextMark{.text = "\xe5\x86\x99\xe7\x9c\x9f\xe7\x9c\x9f\xe5\xae\x9f\xe9\xa4\xa8", .font = "serif 40"},
        TextMark{.text = "HUGE", .font = "sans 300", .dpi = 300},
        TextMark{.text = "All rights reserved", .font = "sans 30", .width = 1000, .dpi = 1000},
        TextMark{.text = std::string(2000, 'x') + " the size of a word", .width = 300},
        TextMark{.text = "a size of 5 < 6", .font = "Source Code Pro, 12"}})
    EXPECT_EQ(refused(mark), "") << mark.text;
}

TEST(CheckText, RefusesWhatWouldTakeTooMuchMemory) {
  std::string lines;
  for (int i = 0; i < 2000; ++i) lines += "a\n";
  for (const TextMark& mark :
       {TextMark{.text = "hello", .dpi = 100000}, TextMark{.text = "hello", .dpi = 2147483647},
        TextMark{.text = "hello", .font = "sans 5000"}, TextMark{.text = "hello", .font = "sans 1e9"},
        TextMark{.text = "hello", .font = "Sans,99999px"}, TextMark{.text = std::string(1500, 'W') + lines},
        TextMark{.text = std::string(3000, 'W') + std::string(900, ' ') + lines, .width = 32767, .dpi = 300}})
    EXPECT_NE(refused(mark).find("more than the allowed 50 megapixels"), std::string::npos) << refused(mark);
}

TEST(CheckText, RefusesSizesInMarkup) {
  for (const char* text :
       {"<span size='20000000'>a</span>", "<span font=\"sans 5000\">a</span>", "<BIG>a</BIG>", "<b><big>a</big></b>",
        "<span\nfont_desc='sans 900'>a</span>", "<span line_height='1000'>a</span>", "<span size='1"})
    EXPECT_NE(refused({.text = text}).find("use font and dpi"), std::string::npos) << text;
}

TEST(CheckText, AnEditAsksForIt) {
  Edit edit;
  edit.text = TextMark{.text = "hello", .dpi = 100000};
  Header header;
  header.size = {640, 480};
  EXPECT_FALSE(check_size(header, edit, {}));
  edit.text->dpi = 150;
  EXPECT_TRUE(check_size(header, edit, {}));
}

TEST(TextMark, OfAnyMarginTakesNoMoreThanThePicture) {
  const Bytes source = test::picture({.width = 640, .height = 480});
  const auto header = read_header(source, {});
  ASSERT_TRUE(header);
  const std::uint64_t peak_before = memory_peak_bytes();
  for (const int margin : {1, 539, 540, 541, 100000, 2147483647})
    for (const int width : {0, 1, 2147483647}) {
      Edit plan;
      plan.text = TextMark{.text = "hello", .width = width, .margin = margin};
      const auto made = edit(source, *header, plan);
      ASSERT_TRUE(made) << margin << " " << width << ": " << made.error().message;
      EXPECT_EQ(made->size, (Size{640, 480}));
    }
  EXPECT_LE(memory_peak_bytes(), std::max(peak_before, std::uint64_t{64} << 20));
}

}  // namespace
}  // namespace imcaxy::image
