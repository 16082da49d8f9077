#include "image/resample/kernels.hpp"

#include <cstring>

#include "image/resample/filter_down_by_vnni.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "image/resample/kernels.cpp"
#include <hwy/foreach_target.h>
// After it: this file is read again for every instruction set.
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace imcaxy::image::resample::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using F32 = hn::ScalableTag<float>;
using I32 = hn::Rebind<std::int32_t, F32>;
using I16 = hn::Rebind<std::int16_t, F32>;
/// Windows are short: wider vectors would be filled with zeros.
using Taps = hn::CappedTag<std::int16_t, tap_block>;
using Sums = hn::RepartitionToWide<Taps>;

void Premultiply(std::int16_t* HWY_RESTRICT light, const std::int16_t* HWY_RESTRICT alpha, int width) {
  const F32 d;
  const I32 di;
  const I16 d16;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto scale = hn::Set(d, 1.0f / 65535), offset = hn::Set(d, 32768.0f);
  const auto load = [&](const std::int16_t* at) {
    return hn::Add(hn::ConvertTo(d, hn::PromoteTo(di, hn::LoadU(d16, at))), offset);
  };
  for (int x = 0; x < width; x += lanes) {  // into the padding
    const auto product = hn::Mul(hn::Mul(load(light + x), load(alpha + x)), scale);
    hn::StoreU(hn::DemoteTo(d16, hn::NearestInt(hn::Sub(product, offset))), d16, light + x);
  }
}

void AddRow(const std::int16_t* HWY_RESTRICT light, std::size_t size, std::int32_t* HWY_RESTRICT sums) {
  const I32 d;
  const I16 d16;
  for (std::size_t x = 0; x < size; x += hn::Lanes(d))  // into the padding
    hn::StoreU(hn::Add(hn::LoadU(d, sums + x), hn::PromoteTo(d, hn::LoadU(d16, light + x))), d, sums + x);
}

void AveragePairs(const std::int32_t* HWY_RESTRICT sums, int count, float scale, std::int16_t* HWY_RESTRICT light) {
  const F32 d;
  const I32 di;
  const I16 d16;
  const int lanes = static_cast<int>(hn::Lanes(d));
  const auto factor = hn::Set(d, scale);
  for (int i = 0; i < count; i += lanes) {  // into the padding
    auto a = hn::Undefined(di), b = a;
    hn::LoadInterleaved2(di, sums + 2 * i, a, b);
    const auto average = hn::NearestInt(hn::Mul(hn::ConvertTo(d, hn::Add(a, b)), factor));
    hn::StoreU(hn::DemoteTo(d16, average), d16, light + i);
  }
}

/// The sums over all lanes of four vectors.
template <class V>
HWY_INLINE auto FourSums(V a, V b, V c, V e) {
  const hn::DFromV<V> d;
  const hn::Repartition<std::int64_t, hn::DFromV<V>> d64;
  const hn::FixedTag<std::int32_t, 4> four;
  const auto ab = hn::Add(hn::InterleaveLower(d, a, b), hn::InterleaveUpper(d, a, b));
  const auto ce = hn::Add(hn::InterleaveLower(d, c, e), hn::InterleaveUpper(d, c, e));
  const auto low = hn::BitCast(d, hn::InterleaveLower(d64, hn::BitCast(d64, ab), hn::BitCast(d64, ce)));
  const auto high = hn::BitCast(d, hn::InterleaveUpper(d64, hn::BitCast(d64, ab), hn::BitCast(d64, ce)));
  const auto sum = hn::Add(low, high);
  if constexpr (hn::MaxLanes(hn::DFromV<V>()) == 8) {
    return hn::Add(hn::LowerHalf(four, sum), hn::UpperHalf(four, sum));
  } else {
    return sum;
  }
}

/// The sums of four windows of one band, on their way.
struct FourWindows {
  hn::Vec<Sums> a, b, c, e;
  hn::Vec<Sums> odd_a, odd_b, odd_c, odd_e;
};

HWY_INLINE void AddTaps(FourWindows& sums, const std::int16_t* samples, const std::int32_t* first, hn::Vec<Taps> wa,
                        hn::Vec<Taps> wb, hn::Vec<Taps> wc, hn::Vec<Taps> we) {
  const Taps d;
  const Sums ds;
  sums.a = hn::ReorderWidenMulAccumulate(ds, hn::LoadU(d, samples + first[0]), wa, sums.a, sums.odd_a);
  sums.b = hn::ReorderWidenMulAccumulate(ds, hn::LoadU(d, samples + first[1]), wb, sums.b, sums.odd_b);
  sums.c = hn::ReorderWidenMulAccumulate(ds, hn::LoadU(d, samples + first[2]), wc, sums.c, sums.odd_c);
  sums.e = hn::ReorderWidenMulAccumulate(ds, hn::LoadU(d, samples + first[3]), we, sums.e, sums.odd_e);
}

template <int bands>
void FilterBands(const std::int16_t* const* planes, const IntegerBank& bank, const Places& places, float* const* out) {
  const Taps d;
  const Sums ds;
  const hn::FixedTag<float, 4> d4;
  constexpr int lanes = static_cast<int>(hn::MaxLanes(Taps()));
  static_assert(tap_block % lanes == 0);
  const auto scale = hn::Set(d4, 2.0f / static_cast<float>(1 << bank.shift)), offset = hn::Set(d4, 32768.0f);
  const auto zero = hn::Zero(ds);
  const FourWindows nothing{zero, zero, zero, zero, zero, zero, zero, zero};
  const auto store = [&](const FourWindows& sums, float* at) {
    const auto all = FourSums(hn::Add(sums.a, sums.odd_a), hn::Add(sums.b, sums.odd_b), hn::Add(sums.c, sums.odd_c),
                              hn::Add(sums.e, sums.odd_e));
    hn::StoreU(hn::MulAdd(hn::ConvertTo(d4, all), scale, offset), d4, at);
  };
  const std::int16_t* const weight = bank.weight.data();
  const int count = static_cast<int>(places.first.size());
  for (int x = 0; x < count; x += 4) {
    const std::int32_t* const first = places.first.data() + x;
    const std::int32_t* const window = places.window.data() + x;
    FourWindows sums0 = nothing, sums1 = nothing, sums2 = nothing;
    for (int tap = 0; tap < bank.taps; tap += lanes) {
      const auto wa = hn::LoadU(d, weight + window[0] + tap), wb = hn::LoadU(d, weight + window[1] + tap),
                 wc = hn::LoadU(d, weight + window[2] + tap), we = hn::LoadU(d, weight + window[3] + tap);
      AddTaps(sums0, planes[0] + tap, first, wa, wb, wc, we);
      if constexpr (bands > 1) AddTaps(sums1, planes[1] + tap, first, wa, wb, wc, we);
      if constexpr (bands > 2) AddTaps(sums2, planes[2] + tap, first, wa, wb, wc, we);
    }
    store(sums0, out[0] + x);
    if constexpr (bands > 1) store(sums1, out[1] + x);
    if constexpr (bands > 2) store(sums2, out[2] + x);
  }
}

void FilterAcross(const std::int16_t* const* planes, int bands, const IntegerBank& bank, const Places& places,
                  float* const* out) {
  switch (bands) {
    case 1:
      return FilterBands<1>(planes, bank, places, out);
    case 2:
      return FilterBands<2>(planes, bank, places, out);
    case 3:
      return FilterBands<3>(planes, bank, places, out);
    default:
      FilterBands<2>(planes, bank, places, out);
      FilterBands<2>(planes + 2, bank, places, out + 2);
  }
}

void FilterDown(const std::int16_t* const* rows, const std::int16_t* weights, int count, int shift, std::size_t size,
                std::int16_t* HWY_RESTRICT halved) {
  const Taps d;
  const Sums ds;
  const auto rounding = hn::Set(ds, 1 << shift);
  for (std::size_t x = 0; x < size; x += hn::Lanes(d)) {
    auto low = rounding, high = rounding, low_odd = hn::Zero(ds), high_odd = low_odd;
    for (int row = 0; row < count; row += 2) {
      std::int32_t pair;
      std::memcpy(&pair, weights + row, sizeof pair);
      const auto w = hn::BitCast(d, hn::Set(ds, pair));
      const auto a = hn::LoadU(d, rows[row] + x), b = hn::LoadU(d, rows[row + 1] + x);
      low = hn::ReorderWidenMulAccumulate(ds, hn::InterleaveLower(d, a, b), w, low, low_odd);
      high = hn::ReorderWidenMulAccumulate(ds, hn::InterleaveUpper(d, a, b), w, high, high_odd);
    }
    const auto half = [&](auto sum, auto odd) {
      return hn::ShiftRightSame(hn::RearrangeToOddPlusEven(sum, odd), shift + 1);
    };
    hn::StoreU(hn::ReorderDemote2To(d, half(low, low_odd), half(high, high_odd)), d, halved + x);
  }
}

void ToIntegers(const float* HWY_RESTRICT light, std::size_t size, std::uint16_t* HWY_RESTRICT out) {
  const hn::CappedTag<float, 16> d;
  const hn::Rebind<std::uint16_t, decltype(d)> d16;
  for (std::size_t x = 0; x < size; x += hn::Lanes(d))  // the demotion limits to 0 to 65535
    hn::StoreU(hn::DemoteTo(d16, hn::NearestInt(hn::LoadU(d, light + x))), d16, out + x);
}

void Unpremultiply(float* HWY_RESTRICT light, const float* HWY_RESTRICT alpha, std::size_t size) {
  const hn::CappedTag<float, 16> d;
  const auto full = hn::Set(d, 65535.0f), least = hn::Set(d, 1.0f);
  for (std::size_t x = 0; x < size; x += hn::Lanes(d)) {
    const auto a = hn::LoadU(d, alpha + x);
    const auto value = hn::Div(hn::Mul(hn::LoadU(d, light + x), full), hn::Min(a, full));
    hn::StoreU(hn::IfThenElseZero(hn::Ge(a, least), value), d, light + x);
  }
}

}  // namespace imcaxy::image::resample::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace imcaxy::image::resample {

HWY_EXPORT(Premultiply);
HWY_EXPORT(AddRow);
HWY_EXPORT(AveragePairs);
HWY_EXPORT(FilterDown);
HWY_EXPORT(FilterAcross);
HWY_EXPORT(ToIntegers);
HWY_EXPORT(Unpremultiply);

void premultiply(std::int16_t* light, const std::int16_t* alpha, int width) {
  HWY_DYNAMIC_DISPATCH(Premultiply)(light, alpha, width);
}

void add_row(const std::int16_t* light, std::size_t size, std::int32_t* sums) {
  HWY_DYNAMIC_DISPATCH(AddRow)(light, size, sums);
}

void average_pairs(const std::int32_t* sums, int count, float scale, std::int16_t* light) {
  HWY_DYNAMIC_DISPATCH(AveragePairs)(sums, count, scale, light);
}

void by_highway::filter_down(const std::int16_t* const* rows, const std::int16_t* weights, int count, int shift,
                             std::size_t size, std::int16_t* halved) {
  HWY_DYNAMIC_DISPATCH(FilterDown)(rows, weights, count, shift, size, halved);
}

void filter_down(const std::int16_t* const* rows, const std::int16_t* weights, int count, int shift, std::size_t size,
                 std::int16_t* halved) {
  if (by_vnni::possible()) return by_vnni::filter_down(rows, weights, count, shift, size, halved);
  by_highway::filter_down(rows, weights, count, shift, size, halved);
}

void filter_across(const std::int16_t* const* halved, int bands, const IntegerBank& bank, const Places& places,
                   float* const* light) {
  HWY_DYNAMIC_DISPATCH(FilterAcross)(halved, bands, bank, places, light);
}

void to_integers(const float* light, std::size_t size, std::uint16_t* out) {
  HWY_DYNAMIC_DISPATCH(ToIntegers)(light, size, out);
}

void unpremultiply(float* light, const float* alpha, std::size_t size) {
  HWY_DYNAMIC_DISPATCH(Unpremultiply)(light, alpha, size);
}

}  // namespace imcaxy::image::resample
#endif
