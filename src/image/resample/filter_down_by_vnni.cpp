#include "image/resample/filter_down_by_vnni.hpp"

#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>

#include "image/resample/target.hpp"

IMCAXY_BEGIN_TARGET("avx512f,avx512bw,avx512vl,avx512vnni")

namespace imcaxy::image::resample::by_vnni {
namespace {

/// 32 samples of each row, or 16.
template <class Width>
inline void down(const std::int16_t* const* rows, const std::int16_t* weights, int count, int shift, std::size_t x,
                 std::int16_t* halved) {
  auto low = Width::set(1 << shift), high = low;
  for (int row = 0; row < count; row += 2) {
    std::int32_t pair;
    std::memcpy(&pair, weights + row, sizeof pair);
    const auto w = Width::set(pair);
    const auto a = Width::load(rows[row] + x), b = Width::load(rows[row + 1] + x);
    low = Width::add_products(low, Width::lower_of(a, b), w);
    high = Width::add_products(high, Width::upper_of(a, b), w);
  }
  Width::store_narrow(halved + x, Width::shifted(low, shift + 1), Width::shifted(high, shift + 1));
}

struct Wide {
  static constexpr std::size_t lanes = 32;
  static __m512i set(int value) { return _mm512_set1_epi32(value); }
  static __m512i load(const std::int16_t* from) { return _mm512_loadu_si512(from); }
  static __m512i lower_of(__m512i a, __m512i b) { return _mm512_unpacklo_epi16(a, b); }
  static __m512i upper_of(__m512i a, __m512i b) { return _mm512_unpackhi_epi16(a, b); }
  static __m512i add_products(__m512i sum, __m512i a, __m512i b) { return _mm512_dpwssd_epi32(sum, a, b); }
  /// With a mask, since what has none begins with what it calls uninitialised in GCC 12.
  static __m512i shifted(__m512i a, int by) { return _mm512_maskz_sra_epi32(0xffff, a, _mm_cvtsi32_si128(by)); }
  static void store_narrow(std::int16_t* to, __m512i low, __m512i high) {
    _mm512_storeu_si512(to, _mm512_packs_epi32(low, high));
  }
};

struct Narrow {
  static constexpr std::size_t lanes = 16;
  static __m256i set(int value) { return _mm256_set1_epi32(value); }
  static __m256i load(const std::int16_t* from) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)); }
  static __m256i lower_of(__m256i a, __m256i b) { return _mm256_unpacklo_epi16(a, b); }
  static __m256i upper_of(__m256i a, __m256i b) { return _mm256_unpackhi_epi16(a, b); }
  static __m256i add_products(__m256i sum, __m256i a, __m256i b) { return _mm256_dpwssd_epi32(sum, a, b); }
  static __m256i shifted(__m256i a, int by) { return _mm256_sra_epi32(a, _mm_cvtsi32_si128(by)); }
  static void store_narrow(std::int16_t* to, __m256i low, __m256i high) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), _mm256_packs_epi32(low, high));
  }
};

}  // namespace

void filter_down(const std::int16_t* const* rows, const std::int16_t* weights, int count, int shift, std::size_t size,
                 std::int16_t* halved) {
  std::size_t x = 0;
  for (; x + Wide::lanes <= size; x += Wide::lanes) down<Wide>(rows, weights, count, shift, x, halved);
  for (; x < size; x += Narrow::lanes) down<Narrow>(rows, weights, count, shift, x, halved);
}

}  // namespace imcaxy::image::resample::by_vnni

IMCAXY_END_TARGET

bool imcaxy::image::resample::by_vnni::possible() {
  static const bool possible = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                               __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
  return possible;
}

#else

namespace imcaxy::image::resample::by_vnni {

bool possible() {
  return false;
}
void filter_down(const std::int16_t* const*, const std::int16_t*, int, int, std::size_t, std::int16_t*) {}

}  // namespace imcaxy::image::resample::by_vnni

#endif
