#include <array>
#include <cstdint>

#include "image/resample/bands.hpp"
#include "image/resample/registers.hpp"
#include "image/resample/samples.hpp"

#if defined(__x86_64__)

namespace imcaxy::image::resample {
namespace {

using namespace registers;

/// Which bytes of four vectors make one: the first two are searched with the lower seven bits of the place, and the
/// last two; a bit of `second` is set where the latter counts.
struct Choice {
  Places place{};
  std::uint64_t second = 0;
};

/// One band of 64 interleaved pixels.
constexpr Choice band_of(int band, int bands) {
  Choice out;
  for (int i = 0; i < 64; ++i) {
    const int at = pixel_at(i) * bands + band;
    out.place[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(at % 128);
    out.second |= static_cast<std::uint64_t>(at / 128) << i;
  }
  return out;
}

/// Part `part` of 64 interleaved pixels, of vectors of each band.
constexpr Choice interleaved(int part, int bands) {
  Choice out;
  for (int i = 0; i < 64; ++i) {
    const int pixel = (64 * part + i) / bands, band = (64 * part + i) % bands;
    out.place[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(place_of(pixel) + band % 2 * 64);
    out.second |= static_cast<std::uint64_t>(band / 2) << i;
  }
  return out;
}

template <Choice (*choice)(int, int), int bands>
constexpr auto choices() {
  std::array<Choice, bands> out{};
#pragma GCC unroll 4
  for (int i = 0; i < bands; ++i) out[static_cast<std::size_t>(i)] = choice(i, bands);
  return out;
}

/// How many of 64 are left.
constexpr int part_of(int left) {
  return left < 0 ? 0 : left < 64 ? left : 64;
}

}  // namespace

IMCAXY_BEGIN_REGISTERS

namespace {

inline Vector load_bytes(const std::uint8_t* from, int left) {
  if (left >= 64) return _mm512_loadu_si512(from);
  return _mm512_maskz_loadu_epi8(_bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(part_of(left))), from);
}

inline void store_bytes(std::uint8_t* to, int left, Vector bytes) {
  if (left >= 64) return _mm512_storeu_si512(to, bytes);
  _mm512_mask_storeu_epi8(to, _bzhi_u64(~std::uint64_t{0}, static_cast<unsigned>(part_of(left))), bytes);
}

inline Vector load_numbers(const std::uint16_t* from, int left) {
  if (left >= 32) return _mm512_loadu_si512(from);
  return _mm512_maskz_loadu_epi16(_bzhi_u32(~std::uint32_t{0}, static_cast<unsigned>(part_of(left))), from);
}

inline Vector chosen(const FourVectors& from, const Choice& choice) {
  const Vector place = _mm512_loadu_si512(choice.place.data());
  const Vector first = _mm512_permutex2var_epi8(from.at[0], place, from.at[1]);
  if (choice.second == 0) return first;
  return _mm512_mask_blend_epi8(choice.second, first, _mm512_permutex2var_epi8(from.at[2], place, from.at[3]));
}

template <int bands>
inline FourVectors load_pixels(const std::uint8_t* samples, int left) {
  FourVectors out{};
#pragma GCC unroll 4
  for (int i = 0; i < bands; ++i) out.at[i] = load_bytes(samples + 64 * i, left * bands - 64 * i);
  return out;
}

template <int bands, int band>
void read_band(const std::uint8_t* samples, int width, const Curve& curve, std::int16_t* light) {
  static constexpr Choice mine = band_of(band, bands);
  const SplitTable table(curve.light_of_8_bits());
  for (int x = 0; x < width; x += 64, samples += 64 * bands) {
    const Vector at = chosen(load_pixels<bands>(samples, width - x), mine);
    const TwoVectors numbers = found(table, at);
    _mm512_storeu_si512(light + x, numbers.a);
    _mm512_storeu_si512(light + x + 32, numbers.b);
  }
}

template <int bands>
void read(const std::uint8_t* samples, int width, const Curve* const* curves, std::int16_t* const* light) {
  read_band<bands, 0>(samples, width, *curves[0], light[0]);
  if constexpr (bands > 1) read_band<bands, 1>(samples, width, *curves[1], light[1]);
  if constexpr (bands > 2) read_band<bands, 2>(samples, width, *curves[2], light[2]);
  if constexpr (bands > 3) read_band<bands, 3>(samples, width, *curves[3], light[3]);
}

/// Straight lines between 256 nodes.
struct Lines {
  FourVectors node, step;

  Lines() = default;
  explicit Lines(const std::uint8_t* nodes) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      node.at[i] = _mm512_loadu_si512(nodes + 64 * i);
      step.at[i] = _mm512_sub_epi8(_mm512_loadu_si512(nodes + 64 * i + 1), node.at[i]);
    }
  }
};

/// Rounded down, of all numbers that there are.
inline Vector over_257(Vector number) {
  return _mm512_srli_epi16(_mm512_mulhi_epu16(number, _mm512_set1_epi16(static_cast<short>(65281))), 8);
}

inline Vector rounded_over_257(Vector number) {
  return over_257(_mm512_add_epi16(number, _mm512_set1_epi16(128)));
}

/// Of two times 32 numbers.
inline Vector samples_of(const Lines& lines, Vector a, Vector b) {
  const Vector apart = _mm512_set1_epi16(257), zero = _mm512_setzero_si512();
  const Vector below_a = over_257(a), below_b = over_257(b);
  const Vector rest_a = _mm512_sub_epi16(a, _mm512_mullo_epi16(below_a, apart));
  const Vector rest_b = _mm512_sub_epi16(b, _mm512_mullo_epi16(below_b, apart));
  const Vector at = _mm512_packus_epi16(below_a, below_b), step = found(lines.step, at);
  const Vector rise_a = rounded_over_257(_mm512_mullo_epi16(_mm512_unpacklo_epi8(step, zero), rest_a));
  const Vector rise_b = rounded_over_257(_mm512_mullo_epi16(_mm512_unpackhi_epi8(step, zero), rest_b));
  return _mm512_add_epi8(found(lines.node, at), _mm512_packus_epi16(rise_a, rise_b));
}

template <int bands>
void write(const std::uint16_t* const* light, int width, const Curve* const* curves, std::uint8_t* samples) {
  static constexpr auto parts = choices<interleaved, bands>();
  Lines lines[bands];
#pragma GCC unroll 4
  for (int band = 0; band < bands; ++band) lines[band] = Lines(curves[band]->nodes());
  for (int x = 0; x < width; x += 64, samples += 64 * bands) {
    const int left = width - x;
    FourVectors bytes{};
#pragma GCC unroll 4
    for (int band = 0; band < bands; ++band) {
      const std::uint16_t* const from = light[band] + x;
      bytes.at[band] = samples_of(lines[band], load_numbers(from, left), load_numbers(from + 32, left - 32));
    }
#pragma GCC unroll 4
    for (int i = 0; i < bands; ++i)
      store_bytes(samples + 64 * i, left * bands - 64 * i, chosen(bytes, parts[static_cast<std::size_t>(i)]));
  }
}

}  // namespace

void by_registers::read_samples(const std::uint8_t* samples, int width, int bands, const Curve* const* curves,
                                std::int16_t* const* light) {
  with_bands(bands, [&](auto count) { read<count>(samples, width, curves, light); });
}

void by_registers::write_samples(const std::uint16_t* const* light, int width, int bands, const Curve* const* curves,
                                 std::uint8_t* samples) {
  with_bands(bands, [&](auto count) { write<count>(light, width, curves, samples); });
}

IMCAXY_END_REGISTERS

bool by_registers::possible() {
  static const bool possible = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                               __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("bmi2");
  return possible;
}

}  // namespace imcaxy::image::resample

#else

namespace imcaxy::image::resample {

bool by_registers::possible() {
  return false;
}
void by_registers::read_samples(const std::uint8_t*, int, int, const Curve* const*, std::int16_t* const*) {}
void by_registers::write_samples(const std::uint16_t* const*, int, int, const Curve* const*, std::uint8_t*) {}

}  // namespace imcaxy::image::resample

#endif
