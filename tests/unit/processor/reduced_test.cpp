// Requests whose source has a reduced form: the answers are those of the original.
#include <gtest/gtest.h>

#include "image/reduced.hpp"
#include "processor/imaginary/request.hpp"
#include "support/pictures.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using image::Format;

constexpr int width = 480, height = 320;

class ReducedSources : public testing::TestWithParam<Format> {
 protected:
  const Bytes original =
      test::picture({.format = GetParam(), .width = width, .height = height, .orientation = orientation()});
  const Bytes smaller = image::reduced(original, *image::read_header(original, {})).value_or(Bytes());

  static int orientation() { return GetParam() == Format::jpeg ? 6 : 0; }

  /// Whether the answer came from the reduced form; it is alike in all that can be told of it.
  bool from_reduced(std::string_view operation, const http::Query& query,
                    std::optional<Negotiation> negotiation = std::nullopt) const {
    const Request request{find_operation(operation), read_params(query), std::move(negotiation)};
    const auto plain = process(request, original, {}, {}), quick = process(request, {original, smaller}, {}, {});
    EXPECT_TRUE(plain && quick);
    if (!plain || !quick) return false;
    EXPECT_FALSE(plain->from_reduced);
    EXPECT_EQ(plain->mime_type, quick->mime_type);
    EXPECT_EQ(plain->size, quick->size);
    if (!plain->size) {
      EXPECT_EQ(plain->body.view(), quick->body.view());
      return quick->from_reduced;
    }
    const test::Decoded one = test::decode(plain->body), other = test::decode(quick->body);
    EXPECT_EQ(one.orientation, other.orientation);
    EXPECT_EQ(one.bands, other.bands);
    for (int corner = 0; corner < 4; ++corner)
      EXPECT_LE(test::distance(one.corner(corner), other.corner(corner)), 12) << corner;
    return quick->from_reduced;
  }
};

TEST_P(ReducedSources, ServeSmallSizes) {
  EXPECT_TRUE(from_reduced("resize", {{"width", "100"}}));
  EXPECT_TRUE(from_reduced("resize", {{"width", "80"}, {"norotation", "true"}}));
  EXPECT_TRUE(from_reduced("fit", {{"width", "90"}, {"height", "90"}}));
  EXPECT_TRUE(from_reduced("thumbnail", {{"height", "60"}}));
  EXPECT_TRUE(from_reduced("crop", {{"width", "90"}, {"height", "80"}}));
  EXPECT_TRUE(from_reduced("resize", {{"width", "70"}, {"rotate", "90"}}));
  EXPECT_TRUE(from_reduced("pipeline", {{"operations", R"([{"operation":"resize","params":{"width":100}},
                                                           {"operation":"flip","params":{}}])"}}));
  EXPECT_TRUE(from_reduced("resize", {{"width", "100"}}, Negotiation{{Format::webp}, true}));
}

TEST_P(ReducedSources, LeaveTheRestToTheOriginal) {
  EXPECT_FALSE(from_reduced("info", {}));
  EXPECT_FALSE(from_reduced("resize", {{"width", "300"}}));
  EXPECT_FALSE(from_reduced("convert", {{"type", "png"}}));
  EXPECT_FALSE(from_reduced("flip", {}));
  EXPECT_FALSE(from_reduced("resize", {{"width", "100"}, {"profile", "keep"}}));
  EXPECT_FALSE(from_reduced("pipeline", {{"operations", R"([{"operation":"flip","params":{}},
                                                            {"operation":"resize","params":{"width":100}}])"}}));
}

INSTANTIATE_TEST_SUITE_P(Formats, ReducedSources, testing::Values(Format::jpeg, Format::png, Format::webp),
                         [](const auto& format) { return std::string(image::name(format.param)); });

}  // namespace
}  // namespace imcaxy::processor::imaginary
