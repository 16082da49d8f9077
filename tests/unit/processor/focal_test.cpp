// Focal points: what stays of a picture that is cut.
#include <string>

#include <gtest/gtest.h>

#include "processor/imaginary/request.hpp"
#include "support/pictures.hpp"

namespace imcaxy::processor::imaginary {
namespace {

using test::picture;

test::Decoded made(std::string_view operation, http::Query query, const Bytes& source) {
  query.emplace_back("type", "png");
  const auto outcome = process({find_operation(operation), read_params(query)}, source, {}, {});
  if (!outcome) {
    ADD_FAILURE() << outcome.error().error.message;
    return {};
  }
  return test::decode(outcome->body);
}

TEST(Focal, KeepsWhatIsAroundIt) {
  // Fills 40x40 from 160x40: the corners are all there are left and right.
  const Bytes wide = picture({.format = image::Format::png, .width = 320, .height = 80});
  for (const std::string_view operation : {"crop", "smartcrop", "enlarge"}) {
    const test::Decoded left = made(operation, {{"width", "40"}, {"height", "40"}, {"focal", "0,0.5"}}, wide),
                        right = made(operation, {{"width", "40"}, {"height", "40"}, {"focal", "1,0.5"}}, wide);
    EXPECT_LT(test::distance(left.rgb(2, 2), test::red), 30) << operation;
    EXPECT_LT(test::distance(right.rgb(37, 2), test::green), 30) << operation;
  }
  const test::Decoded resized =
      made("resize", {{"width", "40"}, {"height", "40"}, {"nocrop", "false"}, {"focal", "1,0.5"}}, wide);
  EXPECT_LT(test::distance(resized.rgb(37, 37), test::white), 30);
}

TEST(Focal, IsOfThePictureAsItIsSeen) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Bytes tall = picture({.width = 80, .height = 320, .orientation = orientation});
    EXPECT_LT(test::distance(made("crop", {{"width", "40"}, {"height", "40"}, {"focal", "0.5,0"}}, tall).rgb(2, 2),
                             test::red),
              40)
        << orientation;
    EXPECT_LT(test::distance(made("crop", {{"width", "40"}, {"height", "40"}, {"focal", "0.5,1"}}, tall).rgb(2, 37),
                             test::blue),
              40)
        << orientation;
  }
}

TEST(Focal, IsOfThePictureAfterTheTurnsOfTheRequest) {
  const Bytes wide = picture({.format = image::Format::png, .width = 320, .height = 80});
  const test::Decoded out =
      made("crop", {{"width", "40"}, {"height", "40"}, {"flip", "true"}, {"focal", "0,0.5"}}, wide);
  EXPECT_LT(test::distance(out.rgb(2, 2), test::green), 30) << "what was at the right";
}

TEST(Focal, IsOneOfAPipelinesParameters) {
  const Bytes wide = picture({.format = image::Format::png, .width = 320, .height = 80});
  const test::Decoded out =
      made("pipeline",
           {{"operations", R"([{"operation":"crop","params":{"width":40,"height":40,"type":"png","focal":"1,0.5"}}])"}},
           wide);
  EXPECT_LT(test::distance(out.rgb(37, 2), test::green), 30);
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
