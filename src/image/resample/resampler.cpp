#include "image/resample/resampler.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "image/resample/bank.hpp"
#include "image/resample/kernels.hpp"
#include "image/resample/samples.hpp"

namespace imcaxy::image::resample {
namespace {

/// The horizontal sums have 32 bits: 16 of the sample, 15 of the weight, and one since weights with their signs left
/// aside add up to more than 1.
constexpr int most_shift = 15;
/// Sums of so many rows fit into 32 bits.
constexpr int most_rows_of_box = 65535;

std::size_t round_up(std::size_t value, std::size_t step) {
  return (value + step - 1) / step * step;
}

/// One axis: averaging first, then the filter.
struct Axis {
  int samples;   ///< that come
  int box;       ///< of them are averaged
  int filtered;  ///< that are left
  Bank bank;

  Axis(int source, int target, int averaged)
      : samples((source + averaged - 1) / averaged),
        box(std::min(box_size(static_cast<double>(source) / averaged / target), most_rows_of_box)),
        filtered((samples + box - 1) / box),
        bank(lanczos_bank(static_cast<double>(source) / averaged / box / target, target)) {
    // Where they would not have been averaged otherwise.
    if (averaged > box_size(static_cast<double>(source) / target)) bank = sharpened(bank);
  }
};

/// Rounded so that each window still adds up to 1: what rounding left over goes on to the next weight.
IntegerBank in_integers(const Bank& bank) {
  const double most = *std::ranges::max_element(bank.weight);
  IntegerBank out;
  out.shift = most * (1 << most_shift) < 32767 ? most_shift : most_shift - 1;
  out.taps = static_cast<int>(round_up(static_cast<std::size_t>(bank.taps), tap_block));
  out.weight.resize(static_cast<std::size_t>(out.taps) * Bank::phases);
  for (int phase = 0; phase < Bank::phases; ++phase) {
    double left_over = 0;
    for (int tap = 0; tap < bank.taps; ++tap) {
      const double exact = bank.window(phase)[tap] * (1 << out.shift) + left_over;
      const double rounded = std::rint(exact);
      left_over = exact - rounded;
      out.weight[static_cast<std::size_t>(phase * out.taps + tap)] = static_cast<std::int16_t>(rounded);
    }
  }
  return out;
}

/// Of a row with `before` samples in front of it.
Places places_of(const Bank& bank, const IntegerBank& integers, int before) {
  Places places;
  for (std::size_t i = 0; i < bank.first.size(); ++i) {
    places.first.push_back(bank.first[i] + before);
    places.window.push_back(bank.phase[i] * integers.taps);
  }
  places.first.resize(round_up(places.first.size(), 4));
  places.window.resize(places.first.size());
  return places;
}

/// Rows of one worker thread, kept from one picture to the next.
struct Buffers {
  std::vector<std::int16_t> ring;    ///< the last rows of light, each band after band
  std::vector<std::int16_t> whole;   ///< one row before averaging
  std::vector<std::int32_t> sums;    ///< of rows that are averaged
  std::vector<std::int16_t> halved;  ///< one row, filtered down
  std::vector<float> light;          ///< the same, filtered across, too
  std::vector<std::uint16_t> integers;
  std::vector<std::uint8_t> out;

  std::size_t bytes() const {
    return 2 * (ring.capacity() + whole.capacity() + halved.capacity() + integers.capacity()) +
           4 * (sums.capacity() + light.capacity()) + out.capacity();
  }
};

template <class Pointer>
using Bands = std::array<Pointer, most_bands>;

/// Opacity is no light.
Bands<const Curve*> curves_of(const Shape& shape, const Curve& of_colours) {
  Bands<const Curve*> out{};
  out.fill(&of_colours);
  if (shape.alpha) out[static_cast<std::size_t>(shape.bands) - 1] = &Curve::none();
  return out;
}

constexpr std::size_t most_spare_bytes = 1u << 20;
thread_local Buffers spare;

}  // namespace

struct Resampler::State {
  State(const Shape& given, const Curve& its_curve, Emit emit_row)
      : shape(given),
        emit(std::move(emit_row)),
        across(given.source.width, given.target.width, given.averaged.width),
        down(given.source.height, given.target.height, given.averaged.height),
        across_bank(in_integers(across.bank)),
        down_bank(in_integers(down.bank)),
        places(places_of(across.bank, across_bank, across.bank.taps)),
        colours(given.bands - (given.alpha ? 1 : 0)),
        curves(curves_of(given, its_curve)),
        averages(across.box > 1 || down.box > 1),
        whole_stride(static_cast<std::size_t>(across.samples) + row_padding),
        light_stride(round_up(static_cast<std::size_t>(across.filtered) + row_padding, tap_block)),
        halved_stride(light_stride + 2 * static_cast<std::size_t>(across_bank.taps)),
        stride(round_up(static_cast<std::size_t>(given.target.width), 16)),
        buffers(std::exchange(spare, {})) {
    const auto bands = static_cast<std::size_t>(shape.bands);
    if (averages) {
      buffers.whole.resize(whole_stride * bands);
      buffers.sums.assign(whole_stride * bands, 0);
    }
    buffers.ring.resize(light_stride * bands * static_cast<std::size_t>(down.bank.taps));
    buffers.halved.resize(halved_stride * bands);
    buffers.light.resize(stride * bands);
    buffers.integers.resize(stride * bands);
    buffers.out.resize(static_cast<std::size_t>(shape.target.width) * bands);
    row_pointers.resize(static_cast<std::size_t>(down.bank.taps));
  }

  ~State() {
    if (buffers.bytes() <= most_spare_bytes) spare = std::move(buffers);
  }

  template <class Of>
  auto each_band(Of of) const {
    Bands<decltype(of(std::size_t{0}))> out{};
    for (std::size_t band = 0; band < static_cast<std::size_t>(shape.bands); ++band) out[band] = of(band);
    return out;
  }

  std::int16_t* whole(std::size_t band) { return buffers.whole.data() + whole_stride * band; }
  std::int32_t* sums(std::size_t band) { return buffers.sums.data() + whole_stride * band; }
  std::int16_t* ring_row(int y, std::size_t band) {
    const auto slot = static_cast<std::size_t>(y % down.bank.taps);
    return buffers.ring.data() + light_stride * (slot * static_cast<std::size_t>(shape.bands) + band);
  }
  /// Behind room for what stands left of the picture.
  std::int16_t* halved(std::size_t band) {
    return buffers.halved.data() + halved_stride * band + static_cast<std::size_t>(across.bank.taps);
  }
  float* light(std::size_t band) { return buffers.light.data() + stride * band; }

  Bands<std::int16_t*> incoming() {
    return each_band([this](std::size_t band) { return averages ? whole(band) : ring_row(filtered, band); });
  }

  void accept();
  void average();
  void filter_down_to(int y);
  void finish(int y);

  template <class Sample>
  void push(const Sample* row) {
    const auto to = incoming();
    read_samples(row, across.samples, shape.bands, curves.data(), to.data());
    const auto colour_count = static_cast<std::size_t>(colours);
    for (std::size_t band = 0; shape.alpha && band < colour_count; ++band)
      premultiply(to[band], to[colour_count], across.samples);
    accept();
  }

  const Shape shape;
  const Emit emit;
  const Axis across, down;
  const IntegerBank across_bank, down_bank;
  const Places places;
  const int colours;
  const Bands<const Curve*> curves;
  const bool averages;
  const std::size_t whole_stride, light_stride, halved_stride;  ///< of one band: of rows of light
  const std::size_t stride;                                     ///< and of the target's
  Buffers buffers;
  std::vector<const std::int16_t*> row_pointers;
  int received = 0, in_box = 0, filtered = 0, finished = 0;  ///< rows; filtered: those in the ring so far
};

/// A row of light that has come.
void Resampler::State::accept() {
  ++received;
  const bool last = received == down.samples;
  if (averages) {
    do {
      for (std::size_t band = 0; band < static_cast<std::size_t>(shape.bands); ++band)
        add_row(whole(band), static_cast<std::size_t>(across.samples), sums(band));
      ++in_box;
    } while (last && in_box < down.box);
    if (in_box < down.box) return;
    average();
  }
  ++filtered;
  while (finished < shape.target.height &&
         (last || down.bank.first[static_cast<std::size_t>(finished)] + down.bank.taps <= filtered))
    finish(finished++);
  if (last) received = filtered = finished = 0;
}

void Resampler::State::average() {
  for (std::size_t band = 0; band < static_cast<std::size_t>(shape.bands); ++band)
    average_boxes(sums(band), across.samples, across.box, down.box, ring_row(filtered, band));
  std::ranges::fill(buffers.sums, 0);
  in_box = 0;
}

/// The row of the result at the source's width, its borders repeated to both sides.
void Resampler::State::filter_down_to(int y) {
  const auto row = static_cast<std::size_t>(y);
  const std::int16_t* const weights = down_bank.weight.data() + down.bank.phase[row] * down_bank.taps;
  for (std::size_t band = 0; band < static_cast<std::size_t>(shape.bands); ++band) {
    for (int tap = 0; tap < down.bank.taps; ++tap)
      row_pointers[static_cast<std::size_t>(tap)] =
          ring_row(std::clamp(down.bank.first[row] + tap, 0, down.filtered - 1), band);
    std::int16_t* const out = halved(band);
    filter_down(row_pointers.data(), weights, down.bank.taps, down_bank.shift,
                round_up(static_cast<std::size_t>(across.filtered), tap_block), out);
    std::fill_n(out - across.bank.taps, across.bank.taps, out[0]);
    std::fill_n(out + across.filtered, across.bank.taps, out[across.filtered - 1]);
  }
}

void Resampler::State::finish(int y) {
  filter_down_to(y);
  const auto in =
      each_band([this](std::size_t band) -> const std::int16_t* { return halved(band) - across.bank.taps; });
  const auto out = each_band([this](std::size_t band) { return light(band); });
  filter_across(in.data(), shape.bands, across_bank, places, out.data());
  const auto colour_count = static_cast<std::size_t>(colours);
  for (std::size_t band = 0; shape.alpha && band < colour_count; ++band)
    unpremultiply(light(band), light(colour_count), stride);
  to_integers(buffers.light.data(), buffers.light.size(), buffers.integers.data());
  const auto integers =
      each_band([this](std::size_t band) -> const std::uint16_t* { return buffers.integers.data() + stride * band; });
  write_samples(integers.data(), shape.target.width, shape.bands, curves.data(), buffers.out.data());
  emit(buffers.out.data());
}

Resampler::Resampler(const Shape& shape, const Curve& curve, Emit emit)
    : state_(std::make_unique<State>(shape, curve, std::move(emit))) {}
Resampler::~Resampler() = default;

void Resampler::push(const std::uint8_t* row) {
  state_->push(row);
}
void Resampler::push(const std::uint16_t* row) {
  state_->push(row);
}

std::array<std::int16_t*, most_bands> Resampler::next_light() {
  return state_->incoming();
}
void Resampler::push_light() {
  state_->accept();
}

}  // namespace imcaxy::image::resample
