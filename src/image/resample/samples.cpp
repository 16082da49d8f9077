#include "image/resample/samples.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>

#include "image/resample/bands.hpp"
#include "image/resample/kernels.hpp"

namespace imcaxy::image::resample {
namespace {

/// Their sums fit into 32 bits.
constexpr int most_rows_of_pairs = 32767;

/// Looking up beats computing here, whatever the curve. Four results are stored at once: stores are what there are
/// least of.
static_assert(std::endian::native == std::endian::little);
/// The light of four samples, `step` apart.
[[gnu::always_inline]] inline std::uint64_t four_of(const std::uint8_t* samples, int step, const std::uint64_t* table) {
  return table[samples[0]] | table[256 + samples[step]] | table[512 + samples[2 * step]] |
         table[768 + samples[3 * step]];
}

[[gnu::always_inline]] inline std::uint64_t four_of(const std::uint16_t* samples, int step, const std::int16_t* table) {
  const auto at = [=](int i) -> std::uint64_t { return static_cast<std::uint16_t>(table[samples[i * step]]); };
  return at(0) | at(1) << 16 | at(2) << 32 | at(3) << 48;
}

const std::uint64_t* table_of(const Curve& curve, const std::uint8_t*) {
  return curve.placed_light_of_8_bits();
}
const std::int16_t* table_of(const Curve& curve, const std::uint16_t*) {
  return curve.light_of_16_bits();
}

template <int bands, class Sample>
void read(const Sample* samples, int width, const Curve* const* curves, std::int16_t* const* light) {
  // Copies, so that a store to the light can't be one to the pointers.
  std::array<decltype(table_of(*curves[0], samples)), bands> table;
  std::array<std::int16_t*, bands> to;
  std::transform(curves, curves + bands, table.begin(), [=](const Curve* curve) { return table_of(*curve, samples); });
  std::copy_n(light, bands, to.begin());
  int x = 0;
  for (; x + 4 <= width; x += 4, samples += 4 * bands) {
#pragma GCC unroll 4
    for (std::size_t band = 0; band < bands; ++band) {
      const std::uint64_t four = four_of(samples + band, bands, table[band]);
      std::memcpy(to[band] + x, &four, sizeof four);
    }
  }
  for (; x < width; ++x, samples += bands)
    for (std::size_t band = 0; band < bands; ++band)
      to[band][x] = static_cast<std::int16_t>(table[band][samples[band]]);
}

template <class Sample>
void read_any(const Sample* samples, int width, int bands, const Curve* const* curves, std::int16_t* const* light) {
  with_bands(bands, [&](auto count) { read<count>(samples, width, curves, light); });
}

template <int bands>
void write(const std::uint16_t* const* light, int width, const Curve* const* curves, std::uint8_t* samples) {
  std::array<const std::uint8_t*, bands> table;
  std::transform(curves, curves + bands, table.begin(), [](const Curve* curve) { return curve->samples(); });
  for (int x = 0; x < width; ++x, samples += bands)
    for (std::size_t band = 0; band < bands; ++band) samples[band] = table[band][light[band][x]];
}

}  // namespace

void by_memory::read_samples(const std::uint8_t* samples, int width, int bands, const Curve* const* curves,
                             std::int16_t* const* light) {
  read_any(samples, width, bands, curves, light);
}

void read_samples(const std::uint8_t* samples, int width, int bands, const Curve* const* curves,
                  std::int16_t* const* light) {
  if (by_registers::possible()) return by_registers::read_samples(samples, width, bands, curves, light);
  by_memory::read_samples(samples, width, bands, curves, light);
}

void read_samples(const std::uint16_t* samples, int width, int bands, const Curve* const* curves,
                  std::int16_t* const* light) {
  read_any(samples, width, bands, curves, light);
}

void average_boxes(const std::int32_t* sums, int width, int box, int rows, std::int16_t* light) {
  const double scale = 1.0 / (static_cast<double>(box) * rows);
  // Of a number that is never negative a cast is the nearest way to round.
  const auto average = [scale](std::int64_t sum) {
    return static_cast<std::int16_t>(static_cast<int>(static_cast<double>(sum) * scale + 32768.5) - 32768);
  };
  const int whole_boxes = width / box;
  if (box == 2 && rows <= most_rows_of_pairs) {
    average_pairs(sums, whole_boxes, static_cast<float>(scale), light);
    sums += 2 * whole_boxes;
  } else {
    for (int i = 0; i < whole_boxes; ++i, sums += box)
      light[i] = average(std::accumulate(sums, sums + box, std::int64_t{0}));
  }
  const int rest = width - whole_boxes * box;
  if (rest == 0) return;
  const std::int64_t sum = std::accumulate(sums, sums + rest, std::int64_t{0});
  light[whole_boxes] = average(sum + static_cast<std::int64_t>(box - rest) * sums[rest - 1]);
}

void by_memory::write_samples(const std::uint16_t* const* light, int width, int bands, const Curve* const* curves,
                              std::uint8_t* samples) {
  with_bands(bands, [&](auto count) { write<count>(light, width, curves, samples); });
}

void write_samples(const std::uint16_t* const* light, int width, int bands, const Curve* const* curves,
                   std::uint8_t* samples) {
  const bool have_nodes = std::all_of(curves, curves + bands, [](const Curve* curve) { return curve->nodes(); });
  if (have_nodes && by_registers::possible()) return by_registers::write_samples(light, width, bands, curves, samples);
  by_memory::write_samples(light, width, bands, curves, samples);
}

}  // namespace imcaxy::image::resample
