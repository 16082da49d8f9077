#include "image/resample/quarter_colour_by_registers.hpp"

#include <algorithm>
#include <cmath>

#include "image/resample/registers.hpp"
#include "image/resample/samples.hpp"

namespace imcaxy::image::resample {

std::optional<LightTables> light_tables(const Curve& curve) {
  if (!curve.polynomial()) return std::nullopt;
  const auto half_bend = curve.polynomial()->half_bend();
  const auto node = [&](std::size_t i) { return curve.light_of_8_bits()[std::min<std::size_t>(i, 255)] + 32768; };
  LightTables out{};
  for (std::size_t i = 0; i < 256; ++i) {
    const double sample = static_cast<double>(i) / 255;
    double bend = 0;
    for (const float factor : half_bend) bend = bend * sample + factor;
    if (sample < curve.polynomial()->from) bend = curve.polynomial()->foot[1];
    // Of a variance in quarters of squared samples, shifted by 16.
    const double scaled = std::rint(bend / (255 * 255) / 4 * 65536);
    if (scaled < 0 || scaled > 65535 || node(i + 1) - node(i) > LightTables::most_step) return std::nullopt;
    out.node[i] = static_cast<std::uint16_t>(node(i));
    out.step[i] = static_cast<std::uint16_t>(node(i + 1) - node(i));
    out.bend[i] = static_cast<std::uint16_t>(scaled);
  }
  return out;
}

#if defined(__x86_64__)

namespace {

using namespace registers;

// Samples are counted in sixty-fourths.
constexpr short most = 255 * 64, middle = 128 * 64;

/// Of 64 samples packed as 8 of even pixels and 8 of odd ones in turn, to where `found` makes rows of them.
constexpr Places in_pairs() {
  Places out{};
  for (int i = 0; i < 64; ++i) {
    const int pair = pixel_at(i) / 2, odd = pixel_at(i) % 2;
    out[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(pair / 8 * 16 + odd * 8 + pair % 8);
  }
  return out;
}

constexpr short part_of_32768(double factor) {
  return static_cast<short>(factor * 32768 + (factor < 0 ? -0.5 : 0.5));
}

}  // namespace

IMCAXY_BEGIN_REGISTERS

namespace {

/// Of 32 times four pixels: the mean, and their variance in quarters of squared whole samples.
struct Brightness {
  Vector mean, variance;
};

inline Brightness brightness_of(const std::uint8_t* top, const std::uint8_t* bottom) {
  const Vector both = _mm512_set1_epi8(1), apart = _mm512_set1_epi16(static_cast<short>(0xff01));
  const Vector t = _mm512_loadu_si512(top), b = _mm512_loadu_si512(bottom);
  const Vector sum_t = _mm512_maddubs_epi16(t, both), sum_b = _mm512_maddubs_epi16(b, both);
  const Vector across_t = _mm512_maddubs_epi16(t, apart), across_b = _mm512_maddubs_epi16(b, apart);
  // Four variances are (the difference of the rows' sums, halved)² + ((that of the one pair)² + (of the other)²) / 2.
  const Vector down = _mm512_srai_epi16(_mm512_sub_epi16(sum_t, sum_b), 1);
  const Vector across =
      _mm512_avg_epu16(_mm512_mullo_epi16(across_t, across_t), _mm512_mullo_epi16(across_b, across_b));
  return {_mm512_slli_epi16(_mm512_add_epi16(sum_t, sum_b), 4),
          _mm512_adds_epu16(_mm512_mullo_epi16(down, down), across)};
}

/// The difference from grey, of 32 samples each of which counts six of eight, beside its neighbours.
inline Vector colour_of(const std::int16_t* at) {
  const Vector beside = _mm512_add_epi16(_mm512_loadu_si512(at - 1), _mm512_loadu_si512(at + 1));
  const Vector here = _mm512_mullo_epi16(_mm512_loadu_si512(at), _mm512_set1_epi16(6));
  return _mm512_sub_epi16(_mm512_add_epi16(here, beside), _mm512_set1_epi16(middle));
}

/// The same of 32 pixels that are nearest to these samples, and next to `at + beside`: three quarters and one.
inline Vector colour_of(const std::int16_t* at, std::ptrdiff_t beside) {
  const Vector here = _mm512_mullo_epi16(_mm512_loadu_si512(at), _mm512_set1_epi16(3));
  const Vector sum = _mm512_add_epi16(here, _mm512_loadu_si512(at + beside));
  return _mm512_sub_epi16(_mm512_slli_epi16(sum, 1), _mm512_set1_epi16(middle));
}

inline Vector times(Vector number, double factor) {
  return _mm512_mulhrs_epi16(number, _mm512_set1_epi16(part_of_32768(factor)));
}

/// ITU-T T.871.
struct Colours {
  Vector red, green, blue;
};

inline Colours colours_of(Vector mean, Vector cb, Vector cr) {
  const Vector green = _mm512_add_epi16(times(cb, -0.344136), times(cr, -0.714136));
  return {_mm512_add_epi16(_mm512_add_epi16(mean, cr), times(cr, 0.402)), _mm512_add_epi16(mean, green),
          _mm512_add_epi16(_mm512_add_epi16(mean, cb), times(cb, 0.772))};
}

inline Vector limited(Vector sample) {
  return _mm512_min_epi16(_mm512_max_epi16(sample, _mm512_setzero_si512()), _mm512_set1_epi16(most));
}

/// Along the straight line from the node below to the next, with what spread adds.
inline Vector light_at(Vector node, Vector step, Vector sample, Vector of_spread) {
  const Vector rest = _mm512_and_si512(sample, _mm512_set1_epi16(63));
  const Vector rise = _mm512_srli_epi16(_mm512_mullo_epi16(step, rest), 6);
  const Vector light = _mm512_adds_epu16(_mm512_add_epi16(node, rise), of_spread);
  return _mm512_xor_si512(light, _mm512_set1_epi16(static_cast<short>(0x8000)));
}

struct Curves {
  SplitTable node, step, bend;
};

inline void write_light(const Curves& curves, Vector a, Vector b, const TwoVectors& of_spread, std::int16_t* out) {
  a = limited(a);
  b = limited(b);
  const Vector below = _mm512_packus_epi16(_mm512_srli_epi16(a, 6), _mm512_srli_epi16(b, 6));
  const TwoVectors node = found(curves.node, below), step = found(curves.step, below);
  _mm512_storeu_si512(out, light_at(node.a, step.a, a, of_spread.a));
  _mm512_storeu_si512(out + 32, light_at(node.b, step.b, b, of_spread.b));
}

inline TwoVectors light_of_spread(const Curves& curves, const Brightness& a, const Brightness& b) {
  const Vector half = _mm512_set1_epi16(32);
  const Vector nearest = _mm512_packus_epi16(_mm512_srli_epi16(_mm512_add_epi16(a.mean, half), 6),
                                             _mm512_srli_epi16(_mm512_add_epi16(b.mean, half), 6));
  const TwoVectors bend = found(curves.bend, nearest);
  return {_mm512_mulhi_epu16(a.variance, bend.a), _mm512_mulhi_epu16(b.variance, bend.b)};
}

}  // namespace

void by_registers::average(const QuarterColourRow& row, const LightTables& tables, const std::int16_t* blue,
                           const std::int16_t* red, const QuarterColour::Light& light) {
  const Curves curves{SplitTable(tables.node.data()), SplitTable(tables.step.data()), SplitTable(tables.bend.data())};
  const std::uint8_t* const top = row.brightness[0];
  const std::uint8_t* const bottom = row.brightness[1];
  for (int x = 0; x < row.width; x += 64) {
    const Brightness a = brightness_of(top + 2 * x, bottom + 2 * x);
    const Brightness b = brightness_of(top + 2 * x + 64, bottom + 2 * x + 64);
    const TwoVectors of_spread = light_of_spread(curves, a, b);
    const Colours ca = colours_of(a.mean, colour_of(blue + x), colour_of(red + x));
    const Colours cb = colours_of(b.mean, colour_of(blue + x + 32), colour_of(red + x + 32));
    write_light(curves, ca.red, cb.red, of_spread, light[0] + x);
    write_light(curves, ca.green, cb.green, of_spread, light[1] + x);
    write_light(curves, ca.blue, cb.blue, of_spread, light[2] + x);
  }
}

namespace {

/// To the nearest sample, as a decoder would.
inline void write_pixels(const SplitTable& node, Vector even, Vector odd, std::int16_t* out) {
  static constexpr Places places = in_pairs();
  const Vector half = _mm512_set1_epi16(32), from_middle = _mm512_set1_epi16(static_cast<short>(0x8000));
  const Vector samples = _mm512_packus_epi16(_mm512_srai_epi16(_mm512_add_epi16(even, half), 6),
                                             _mm512_srai_epi16(_mm512_add_epi16(odd, half), 6));
  const TwoVectors light = found(node, permuted(samples, places));
  _mm512_storeu_si512(out, _mm512_xor_si512(light.a, from_middle));
  _mm512_storeu_si512(out + 32, _mm512_xor_si512(light.b, from_middle));
}

}  // namespace

void by_registers::pixels(const std::uint8_t* brightness, int width, const LightTables& tables,
                          const std::int16_t* blue, const std::int16_t* red, const QuarterColour::Light& light) {
  const SplitTable node(tables.node.data());
  for (int x = 0; x < width; x += 32) {
    const Vector both = _mm512_loadu_si512(brightness + 2 * x);
    const Vector even = _mm512_slli_epi16(_mm512_and_si512(both, _mm512_set1_epi16(255)), 6);
    const Vector odd = _mm512_slli_epi16(_mm512_srli_epi16(both, 8), 6);
    const Colours of_even = colours_of(even, colour_of(blue + x, -1), colour_of(red + x, -1));
    const Colours of_odd = colours_of(odd, colour_of(blue + x, 1), colour_of(red + x, 1));
    write_pixels(node, of_even.red, of_odd.red, light[0] + 2 * x);
    write_pixels(node, of_even.green, of_odd.green, light[1] + 2 * x);
    write_pixels(node, of_even.blue, of_odd.blue, light[2] + 2 * x);
  }
}

IMCAXY_END_REGISTERS

#else

void by_registers::average(const QuarterColourRow&, const LightTables&, const std::int16_t*, const std::int16_t*,
                           const QuarterColour::Light&) {}
void by_registers::pixels(const std::uint8_t*, int, const LightTables&, const std::int16_t*, const std::int16_t*,
                          const QuarterColour::Light&) {}

#endif

}  // namespace imcaxy::image::resample
