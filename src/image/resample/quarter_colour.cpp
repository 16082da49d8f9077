#include "image/resample/quarter_colour.hpp"

#include <cstddef>
#include <optional>

#include "image/resample/quarter_colour_by_registers.hpp"
#include "image/resample/samples.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/resample/quarter_colour.cpp"
#include <hwy/foreach_target.h>
// After it: this file is read again for every instruction set.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imcaxy::image::resample::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using I32 = hn::Rebind<std::int32_t, F32>;
using I16 = hn::Rebind<std::int16_t, F32>;
using U8 = hn::Rebind<std::uint8_t, F32>;
using Vector = hn::Vec<F32>;

/// Eight times the sample, of so many parts of the rows above, here and below.
void SmoothDown(const std::array<const std::uint8_t*, 3>& rows, const std::array<std::int16_t, 3>& parts, int width,
                std::int16_t* HWY_RESTRICT out) {
  const hn::ScalableTag<std::int16_t> d;
  const hn::Rebind<std::uint8_t, decltype(d)> d8;
  for (int x = 0; x < width; x += static_cast<int>(hn::Lanes(d))) {
    const auto row = [&](std::size_t i) {
      return hn::Mul(hn::PromoteTo(d, hn::LoadU(d8, rows[i] + x)), hn::Set(d, parts[i]));
    };
    hn::StoreU(hn::Add(hn::Add(row(0), row(2)), row(1)), d, out + x);
  }
}

/// The sums of two neighbours each, and of their squares.
struct Pairs {
  hn::Vec<I32> sum, squares;
};

HWY_INLINE Pairs PairsOf(const std::uint8_t* samples) {
  const I32 d;
  const hn::Repartition<std::int16_t, I32> d16;
  const hn::Rebind<std::uint8_t, decltype(d16)> d8;
  const auto v = hn::PromoteTo(d16, hn::LoadU(d8, samples));
  auto odd = hn::Zero(d), odd_squares = odd;
  const auto sum = hn::ReorderWidenMulAccumulate(d, v, hn::Set(d16, std::int16_t{1}), hn::Zero(d), odd);
  const auto squares = hn::ReorderWidenMulAccumulate(d, v, v, hn::Zero(d), odd_squares);
  return {hn::RearrangeToOddPlusEven(sum, odd), hn::RearrangeToOddPlusEven(squares, odd_squares)};
}

class Light {
 public:
  HWY_INLINE Light(const CurvePolynomial& curve, const std::array<float, 5>& half_bend)
      : curve_(curve), bend_(half_bend) {}

  /// What pixels with this variance around the mean add to its light: by the mean's brightness, for all its colours.
  HWY_INLINE Vector OfSpread(Vector mean, Vector variance) const {
    const auto line = [&](std::size_t i) { return hn::MulAdd(mean, Set(bend_[i]), Set(bend_[i + 1])); };
    auto bend = hn::MulAdd(line(0), hn::Mul(mean, mean), line(2));
    bend = hn::MulAdd(bend, mean, Set(bend_[4]));
    bend = hn::IfThenElse(hn::Lt(mean, Set(curve_.from)), Set(curve_.foot[1]), bend);
    return hn::MulAdd(bend, variance, Set(-32768.0f));
  }

  /// - 32768, of a sample from 0 to 1.
  HWY_INLINE hn::Vec<I16> Of(Vector sample, Vector of_spread) const {
    const F32 d;
    const auto s = hn::Min(hn::Max(sample, hn::Zero(d)), Set(1.0f));
    // By pairs of terms (Estrin), which wait for each other less than one term after the other.
    const auto square = hn::Mul(s, s);
    const auto line = [&](std::size_t i) { return hn::MulAdd(s, Set(curve_.factor[i]), Set(curve_.factor[i + 1])); };
    auto light = hn::MulAdd(hn::MulAdd(line(0), square, line(2)), square, line(4));
    light = hn::MulAdd(light, s, Set(curve_.factor[6]));
    const auto foot = hn::Mul(s, hn::MulAdd(s, Set(curve_.foot[1]), Set(curve_.foot[0])));
    light = hn::IfThenElse(hn::Lt(s, Set(curve_.from)), foot, light);
    return hn::DemoteTo(I16(), hn::NearestInt(hn::Add(light, of_spread)));
  }

 private:
  HWY_INLINE static Vector Set(float value) { return hn::Set(F32(), value); }

  const CurvePolynomial curve_;
  const std::array<float, 5> bend_;
};

void Average(const QuarterColourRow& row, const CurvePolynomial& curve, const std::array<float, 5>& half_bend,
             const std::int16_t* HWY_RESTRICT blue, const std::int16_t* HWY_RESTRICT red, std::int16_t* HWY_RESTRICT r,
             std::int16_t* HWY_RESTRICT g, std::int16_t* HWY_RESTRICT b) {
  const F32 d;
  const I32 di;
  const I16 d16;
  const Light light(curve, half_bend);
  const auto set = [&](float value) { return hn::Set(d, value); };
  // The difference of colour from grey, 0 to 1 as samples are: 64 parts were added up.
  const auto colour = [&](const std::int16_t* at) {
    const auto here = hn::LoadU(d16, at);
    const auto beside = hn::Add(hn::LoadU(d16, at - 1), hn::LoadU(d16, at + 1));
    const auto sum = hn::Add(hn::Mul(here, hn::Set(d16, std::int16_t{6})), beside);
    return hn::MulAdd(hn::ConvertTo(d, hn::PromoteTo(di, sum)), set(1.0f / (64 * 255)), set(-128.0f / 255));
  };
  for (int x = 0; x < row.width; x += static_cast<int>(hn::Lanes(d))) {
    const Pairs top = PairsOf(row.brightness[0] + 2 * x), bottom = PairsOf(row.brightness[1] + 2 * x);
    const auto mean = hn::Mul(hn::ConvertTo(d, hn::Add(top.sum, bottom.sum)), set(1.0f / (4 * 255)));
    const auto squares = hn::ConvertTo(d, hn::Add(top.squares, bottom.squares));
    const auto variance =
        hn::Max(hn::NegMulAdd(mean, mean, hn::Mul(squares, set(1.0f / (4 * 255 * 255)))), hn::Zero(d));
    const auto spread = light.OfSpread(mean, variance);
    const auto cb = colour(blue + x), cr = colour(red + x);
    hn::StoreU(light.Of(hn::MulAdd(cr, set(1.402f), mean), spread), d16, r + x);
    hn::StoreU(light.Of(hn::MulAdd(cb, set(-0.344136f), hn::MulAdd(cr, set(-0.714136f), mean)), spread), d16, g + x);
    hn::StoreU(light.Of(hn::MulAdd(cb, set(1.772f), mean), spread), d16, b + x);
  }
}

}  // namespace imcaxy::image::resample::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imcaxy::image::resample {
namespace {

/// Of the rows of colour: in front, so that the first sample has a neighbour, and behind.
constexpr std::size_t front = 1, behind = 64;

}  // namespace

HWY_EXPORT(SmoothDown);
HWY_EXPORT(Average);

struct QuarterColour::Way {
  Way(const Curve& curve, By by)
      : tables(by == By::registers ? light_tables(curve) : std::nullopt),
        polynomial(*curve.polynomial()),
        half_bend(polynomial.half_bend()) {}

  const std::optional<LightTables> tables;
  const CurvePolynomial polynomial;
  const std::array<float, 5> half_bend;
};

QuarterColour::By QuarterColour::fastest() {
  return by_registers::possible() ? By::registers : By::polynomial;
}

QuarterColour::QuarterColour(const Curve& curve, int width, By by)
    : way_(std::make_unique<const Way>(curve, by)),
      blue_(front + static_cast<std::size_t>(width) + behind),
      red_(blue_.size()) {}
QuarterColour::~QuarterColour() = default;

/// Rows of colour, each sample with its neighbours above and below, and one repeated before and behind the row.
struct QuarterColour::Smooth {
  const std::int16_t *blue, *red;
};

QuarterColour::Smooth QuarterColour::smooth_down(const QuarterColourRow& row, const Parts& parts) {
  const auto smooth = [&](const std::array<const std::uint8_t*, 3>& rows, std::vector<std::int16_t>& out) {
    std::int16_t* const first = out.data() + front;
    HWY_DYNAMIC_DISPATCH(SmoothDown)(rows, parts, row.width, first);
    first[-1] = first[0];
    first[row.width] = first[row.width - 1];
    return first;
  };
  return {smooth(row.blue, blue_), smooth(row.red, red_)};
}

void QuarterColour::average_by(const Parts& parts, const QuarterColourRow& row, const Light& light) {
  const auto [blue, red] = smooth_down(row, parts);
  if (way_->tables) return by_registers::average(row, *way_->tables, blue, red, light);
  HWY_DYNAMIC_DISPATCH(Average)(row, way_->polynomial, way_->half_bend, blue, red, light[0], light[1], light[2]);
}

// A decoder gives a pixel three quarters of the nearer sample and one of the farther, across and down.
constexpr std::array<std::int16_t, 3> of_both{1, 6, 1}, of_upper{2, 6, 0}, of_lower{0, 6, 2};

void QuarterColour::average(const QuarterColourRow& row, const Light& light) {
  average_by(of_both, row, light);
}

void QuarterColour::average_upper(const QuarterColourRow& row, const Light& light) {
  QuarterColourRow upper = row;
  upper.brightness[1] = row.brightness[0];
  average_by(of_upper, upper, light);
}

void QuarterColour::average_lower(const QuarterColourRow& row, const Light& light) {
  QuarterColourRow lower = row;
  lower.brightness[0] = row.brightness[1];
  average_by(of_lower, lower, light);
}

bool QuarterColour::makes_pixels() const {
  return way_->tables.has_value();
}

void QuarterColour::pixels_upper(const QuarterColourRow& row, const Light& light) {
  const auto [blue, red] = smooth_down(row, of_upper);
  by_registers::pixels(row.brightness[0], row.width, *way_->tables, blue, red, light);
}

void QuarterColour::pixels_lower(const QuarterColourRow& row, const Light& light) {
  const auto [blue, red] = smooth_down(row, of_lower);
  by_registers::pixels(row.brightness[1], row.width, *way_->tables, blue, red, light);
}

}  // namespace imcaxy::image::resample
#endif
