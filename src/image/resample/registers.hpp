// Tables of 256 entries in registers, which AVX-512 VBMI can search: 64 look-ups in five instructions. Internal to the
// resampler, and only for files that are about these machines.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>

#include "image/resample/target.hpp"

namespace imcaxy::image::resample::registers {

using Places = std::array<std::uint8_t, 64>;

/// Instructions that join the bytes of two vectors work on sixteen bytes each, and make one vector of the lower halves
/// and one of the upper. So that numbers come out of `found` in order, number i of 64 has its byte at this place
/// before.
constexpr int place_of(int pixel) {
  return pixel % 32 / 8 * 16 + pixel / 32 * 8 + pixel % 8;
}
constexpr int pixel_at(int place) {
  return place % 16 / 8 * 32 + place / 16 * 8 + place % 8;
}

constexpr Places every_second(int first) {
  Places out{};
  for (int i = 0; i < 64; ++i) out[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(2 * i + first);
  return out;
}

}  // namespace imcaxy::image::resample::registers

#define IMCAXY_BEGIN_REGISTERS IMCAXY_BEGIN_TARGET("avx512f,avx512bw,avx512vbmi,bmi2")
#define IMCAXY_END_REGISTERS IMCAXY_END_TARGET

IMCAXY_BEGIN_REGISTERS
namespace imcaxy::image::resample::registers {

using Vector = __m512i;

struct FourVectors {
  Vector at[4];
};

/// Its bytes in another order. (What has one argument less begins with what it calls uninitialised in GCC 12.)
inline Vector permuted(Vector bytes, const Places& places) {
  return _mm512_permutex2var_epi8(bytes, _mm512_loadu_si512(places.data()), bytes);
}

/// Entries of a table of 256 bytes.
inline Vector found(const FourVectors& table, Vector at) {
  const Vector lower = _mm512_permutex2var_epi8(table.at[0], at, table.at[1]);
  const Vector upper = _mm512_permutex2var_epi8(table.at[2], at, table.at[3]);
  return _mm512_mask_blend_epi8(_mm512_movepi8_mask(at), lower, upper);
}

/// A table of 256 numbers of 16 bits: their lower bytes, and the upper ones.
struct SplitTable {
  FourVectors low, high;

  explicit SplitTable(const void* numbers) {
    static constexpr Places lower_bytes = every_second(0), upper_bytes = every_second(1);
    const Vector lower = _mm512_loadu_si512(lower_bytes.data()), upper = _mm512_loadu_si512(upper_bytes.data());
    const auto* const from = static_cast<const std::uint8_t*>(numbers);
#pragma GCC unroll 4
    for (int i = 0; i < 4; ++i) {
      const Vector a = _mm512_loadu_si512(from + 128 * i), b = _mm512_loadu_si512(from + 128 * i + 64);
      low.at[i] = _mm512_permutex2var_epi8(a, lower, b);
      high.at[i] = _mm512_permutex2var_epi8(a, upper, b);
    }
  }
};

/// What was packed from two vectors of numbers below 256 becomes the numbers of the table for the one, and for the
/// other.
struct TwoVectors {
  Vector a, b;
};
inline TwoVectors found(const SplitTable& table, Vector packed) {
  const Vector low = found(table.low, packed), high = found(table.high, packed);
  return {_mm512_unpacklo_epi8(low, high), _mm512_unpackhi_epi8(low, high)};
}

}  // namespace imcaxy::image::resample::registers
IMCAXY_END_REGISTERS

#endif
