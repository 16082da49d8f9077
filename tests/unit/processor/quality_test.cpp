#include "processor/imaginary/quality.hpp"

#include <gtest/gtest.h>

#include "processor/imaginary/params.hpp"

namespace imcaxy::processor::imaginary {
namespace {

std::string refused(const std::vector<std::string>& list) {
  const auto targets = parse_quality_targets(list);
  return targets ? "" : targets.error().message;
}

TEST(QualityTargets, AreReadFromAList) {
  EXPECT_EQ(*parse_quality_targets({}), std::nullopt);
  EXPECT_EQ(*parse_quality_targets({"normal=70"}), (QualityTargets{65, 70, 85}));
  EXPECT_EQ(*parse_quality_targets({"high=90", " low = 50.5 ", "normal=75"}), (QualityTargets{50.5, 75, 90}));
}

TEST(QualityTargets, MistakesAreTold) {
  for (const char* const item : {"", "normal", "normal=", "normal=x", "normal=75x", "normal=nan", "normal=49.9",
                                 "normal=91", "best=75", "normal=1e9", "75"})
    EXPECT_NE(refused({item}).find("scores from 50 to 90"), std::string::npos) << item;
  EXPECT_NE(refused({"low=60", "low=61"}).find("only once"), std::string::npos);
  EXPECT_NE(refused({"low=80"}).find("low (80) no more than normal (75)"), std::string::npos);
  EXPECT_NE(refused({"normal=90"}).find("no more than high (85)"), std::string::npos);
}

TEST(QualityTargets, FallOnDenseScreens) {
  const QualityTargets targets;
  EXPECT_EQ(targets.on_screen(1), targets);
  double before = 0;
  for (double score = 50; score <= 90; score += 0.5) {
    const QualityTargets all{score, score, score};
    const double half = all.on_screen(2).normal, third = all.on_screen(3).normal;
    EXPECT_LE(half, score);
    EXPECT_LE(third, half);
    EXPECT_GE(third, least_target) << "what can't be predicted is not promised";
    EXPECT_GE(half, before);
    before = half;
  }
  EXPECT_LT(targets.on_screen(2).normal, 60);
  EXPECT_LE(targets.on_screen(2).low, targets.on_screen(2).normal);
  EXPECT_LE(targets.on_screen(3).normal, targets.on_screen(3).high);
}

std::optional<QualityClass> class_of(const http::Query& query) {
  const auto params = read_params(query);
  EXPECT_TRUE(params) << params.error().message;
  return params ? params->quality_class : std::nullopt;
}

TEST(QualityClass, IsThatOfAWordOrOfNothing) {
  EXPECT_EQ(class_of({}), QualityClass::normal);
  EXPECT_EQ(class_of({{"quality", ""}}), QualityClass::normal);
  EXPECT_EQ(class_of({{"quality", "0"}}), QualityClass::normal) << "as for Imaginary, nothing said";
  EXPECT_EQ(class_of({{"quality", "normal"}}), QualityClass::normal);
  EXPECT_EQ(class_of({{"quality", "low"}}), QualityClass::low);
  EXPECT_EQ(class_of({{"quality", "high"}}), QualityClass::high);
  EXPECT_EQ(class_of({{"quality", "80"}}), std::nullopt) << "a number means what it always meant";
}

}  // namespace
}  // namespace imcaxy::processor::imaginary
