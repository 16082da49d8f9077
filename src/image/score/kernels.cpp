#include "image/score/kernels.hpp"

#include <cstdint>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/score/kernels.cpp"
#include <hwy/foreach_target.h>
// After it: this file is read again for every instruction set.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imcaxy::image::score::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::CappedTag<float, line_block>;
using U32 = hn::Rebind<std::uint32_t, F32>;
using I32 = hn::Rebind<std::int32_t, F32>;
using V = hn::Vec<F32>;

HWY_INLINE int LanesOfRow() {
  return static_cast<int>(hn::Lanes(F32()));
}

/// For 1e-3 to 2, to float's precision: 1 / cbrt by halving the exponent's bits and correcting twice.
HWY_INLINE V CubeRoot(V x) {
  const F32 d;
  const I32 di;
  const auto third = hn::Mul(hn::ConvertTo(d, hn::BitCast(di, x)), hn::Set(d, -1.0f / 3));
  auto y = hn::BitCast(d, hn::NearestInt(hn::Add(third, hn::Set(d, 1419900000.0f))));
  const auto error = [&] { return hn::NegMulAdd(hn::Mul(x, y), hn::Mul(y, y), hn::Set(d, 1.0f)); };
  // The first terms of (1 - error)^(-1/3).
  auto e = error();
  auto more = hn::MulAdd(e, hn::Set(d, 14.0f / 81), hn::Set(d, 2.0f / 9));
  more = hn::MulAdd(e, more, hn::Set(d, 1.0f / 3));
  y = hn::MulAdd(hn::Mul(y, e), more, y);
  e = error();
  y = hn::MulAdd(hn::Mul(y, e), hn::Set(d, 1.0f / 3), y);
  return hn::Mul(x, hn::Mul(y, y));
}

void Opsin(const std::array<const float*, 3>& light, int width, const std::array<float*, 3>& out) {
  const F32 d;
  constexpr float bias = 0.0037930734f, root_of_bias = 0.15595420054f;
  const auto mixed = [&](V r, V g, V b, float of_r, float of_b) {
    const auto sum = hn::MulAdd(b, hn::Set(d, of_b), hn::Set(d, bias));
    return CubeRoot(hn::MulAdd(r, hn::Set(d, of_r), hn::MulAdd(g, hn::Set(d, 1 - of_r - of_b), sum)));
  };
  for (int x = 0; x < width; x += LanesOfRow()) {
    const auto r = hn::Load(d, light[0] + x), g = hn::Load(d, light[1] + x), b = hn::Load(d, light[2] + x);
    const auto l = mixed(r, g, b, 0.30f, 0.078f), m = mixed(r, g, b, 0.23f, 0.078f);
    const auto middle = hn::Mul(hn::Add(l, m), hn::Set(d, 0.5f));
    hn::Store(hn::Add(middle, hn::Set(d, 0.01f - root_of_bias)), d, out[1] + x);
    if (out[0] != nullptr) hn::Store(hn::MulAdd(hn::Sub(l, m), hn::Set(d, 7.0f), hn::Set(d, 0.42f)), d, out[0] + x);
    if (out[2] == nullptr) continue;
    // 1 - 0.24342269 - 0.20476745 is green's.
    const auto sum = hn::MulAdd(b, hn::Set(d, 0.55180986f), hn::Set(d, bias));
    const auto s = CubeRoot(hn::MulAdd(r, hn::Set(d, 0.24342269f), hn::MulAdd(g, hn::Set(d, 0.20476745f), sum)));
    hn::Store(hn::Add(hn::Sub(s, middle), hn::Set(d, 0.55f)), d, out[2] + x);
  }
}

void Halve(const float* HWY_RESTRICT above, const float* HWY_RESTRICT below, int width, float* HWY_RESTRICT out) {
  const F32 d;
  for (int x = 0; x < width; x += LanesOfRow()) {
    V a, b, c, e;
    hn::LoadInterleaved2(d, above + 2 * x, a, b);
    hn::LoadInterleaved2(d, below + 2 * x, c, e);
    hn::Store(hn::Mul(hn::Add(hn::Add(a, b), hn::Add(c, e)), hn::Set(d, 0.25f)), d, out + x);
  }
}

void Square(const float* HWY_RESTRICT a, int width, float* HWY_RESTRICT out) {
  const F32 d;
  for (int x = 0; x < width; x += LanesOfRow()) {
    const auto v = hn::Load(d, a + x);
    hn::Store(hn::Mul(v, v), d, out + x);
  }
}

void SquareDifference(const float* HWY_RESTRICT a, const float* HWY_RESTRICT b, int width, float* HWY_RESTRICT out) {
  const F32 d;
  for (int x = 0; x < width; x += LanesOfRow()) {
    const auto v = hn::Sub(hn::Load(d, a + x), hn::Load(d, b + x));
    hn::Store(hn::Mul(v, v), d, out + x);
  }
}

/// The weighted sum of nine vectors that `load` gives for -4 to 4.
template <class Load>
HWY_INLINE V Blurred(const Load& load) {
  const F32 d;
  auto sum = hn::Mul(load(0), hn::Set(d, 0.264621105f));
  sum = hn::MulAdd(hn::Add(load(-1), load(1)), hn::Set(d, 0.212928592f), sum);
  sum = hn::MulAdd(hn::Add(load(-2), load(2)), hn::Set(d, 0.109335373f), sum);
  sum = hn::MulAdd(hn::Add(load(-3), load(3)), hn::Set(d, 0.0360111147f), sum);
  return hn::MulAdd(hn::Add(load(-4), load(4)), hn::Set(d, 0.00941436781f), sum);
}

void BlurAcross(const float* HWY_RESTRICT in, int width, float* HWY_RESTRICT out) {
  const F32 d;
  for (int x = 0; x < width; x += LanesOfRow())
    hn::Store(Blurred([&](int i) { return hn::LoadU(d, in + x + i); }), d, out + x);
}

HWY_INLINE V BlurredDown(const Rows& rows, int x) {
  const F32 d;
  return Blurred([&](int i) { return hn::Load(d, rows[static_cast<std::size_t>(i + reach)] + x); });
}

void Describe(const Rows& means, const Rows& squares, int width, float* HWY_RESTRICT mean,
              float* HWY_RESTRICT variance) {
  const F32 d;
  for (int x = 0; x < width; x += LanesOfRow()) {
    const auto m = BlurredDown(means, x);
    hn::Store(m, d, mean + x);
    hn::Store(hn::NegMulAdd(m, m, hn::Add(BlurredDown(squares, x), hn::Set(d, 0.0009f))), d, variance + x);
  }
}

/// Running sums of an error and of its fourth power.
struct Powers {
  V first, fourth;

  HWY_INLINE void Add(V error) {
    const auto second = hn::Mul(error, error);
    first = hn::Add(first, error);
    fourth = hn::MulAdd(second, second, fourth);
  }
  HWY_INLINE void AddTo(Sums::Powers& sums) const {
    const F32 d;
    sums.first += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, first)));
    sums.fourth += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, fourth)));
  }
};

void Compare(const Neighbourhood& rows, int width, Sums& sums) {
  const F32 d;
  const auto zero = hn::Zero(d), one = hn::Set(d, 1.0f);
  Powers structure{zero, zero}, added{zero, zero}, lost{zero, zero};
  for (int x = 0; x < width; x += LanesOfRow()) {
    const auto inside = hn::FirstN(d, static_cast<std::size_t>(width - x));
    const auto mean1 = hn::Load(d, rows.mean + x), mean2 = BlurredDown(rows.means, x);
    const auto apart = hn::Sub(mean1, mean2), apart_squared = hn::Mul(apart, apart);
    // 1 - (1 - (m1 - m2)^2) (2 s12 + C) / (s11 + s22 + C), where s11 + s22 - 2 s12 is the variance of the difference:
    // of equal pictures it is 0 to the last bit.
    const auto variance2 = hn::NegMulAdd(mean2, mean2, BlurredDown(rows.squares, x));
    const auto variances = hn::Add(hn::Load(d, rows.variance + x), variance2);
    const auto of_difference = hn::Sub(BlurredDown(rows.differences, x), apart_squared);
    const auto ratio = hn::Div(of_difference, variances);
    const auto error = hn::MulAdd(hn::Sub(one, apart_squared), ratio, apart_squared);
    structure.Add(hn::IfThenElseZero(inside, hn::Max(error, zero)));

    const auto edge1 = hn::Abs(hn::Sub(hn::Load(d, rows.sample + x), mean1));
    const auto edge2 = hn::Abs(hn::Sub(hn::Load(d, rows.other + x), mean2));
    const auto change = hn::Div(hn::Sub(edge2, edge1), hn::Add(one, edge1));
    added.Add(hn::IfThenElseZero(inside, hn::Max(change, zero)));
    lost.Add(hn::IfThenElseZero(inside, hn::Max(hn::Neg(change), zero)));
  }
  structure.AddTo(sums.structure);
  added.AddTo(sums.added);
  lost.AddTo(sums.lost);
}

}  // namespace imcaxy::image::score::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imcaxy::image::score {

HWY_EXPORT(Opsin);
HWY_EXPORT(Halve);
HWY_EXPORT(Square);
HWY_EXPORT(SquareDifference);
HWY_EXPORT(BlurAcross);
HWY_EXPORT(Describe);
HWY_EXPORT(Compare);

void opsin(const std::array<const float*, 3>& light, int width, const std::array<float*, 3>& out) {
  HWY_DYNAMIC_DISPATCH(Opsin)(light, width, out);
}

void halve(const float* above, const float* below, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(Halve)(above, below, width, out);
}

void square(const float* a, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(Square)(a, width, out);
}

void square_difference(const float* a, const float* b, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(SquareDifference)(a, b, width, out);
}

void blur_across(const float* in, int width, float* out) {
  HWY_DYNAMIC_DISPATCH(BlurAcross)(in, width, out);
}

void describe(const Rows& means, const Rows& squares, int width, float* mean, float* variance) {
  HWY_DYNAMIC_DISPATCH(Describe)(means, squares, width, mean, variance);
}

void compare(const Neighbourhood& rows, int width, Sums& sums) {
  HWY_DYNAMIC_DISPATCH(Compare)(rows, width, sums);
}

}  // namespace imcaxy::image::score
#endif
