#include "image/resample/curve.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>
#include <numeric>
#include <utility>

#include "image/srgb.hpp"

namespace imcaxy::image::resample {
namespace {

using Light = std::function<double(double)>;

constexpr double full = 65535;

std::vector<std::int16_t> light_of_samples(const Light& light, int count) {
  std::vector<std::int16_t> table(static_cast<std::size_t>(count));
  for (std::size_t sample = 0; sample < table.size(); ++sample) {
    const double value = light(static_cast<double>(sample) / (count - 1));
    table[sample] = static_cast<std::int16_t>(std::lround(std::clamp(value, 0.0, 1.0) * full) - 32768);
  }
  return table;
}

std::vector<std::uint64_t> placed(const std::vector<std::int16_t>& light) {
  std::vector<std::uint64_t> table;
  for (int place = 0; place < 4; ++place)
    for (const std::int16_t value : light)
      table.push_back(std::uint64_t{static_cast<std::uint16_t>(value)} << 16 * place);
  return table;
}

/// Of each light the sample that is nearest to it, as the eye counts: in samples.
std::vector<std::uint8_t> samples_of_light(const Light& light) {
  std::vector<std::uint8_t> table(65536);
  int sample = 0;
  for (std::size_t i = 0; i < table.size(); ++i) {
    while (sample < 255 && light((sample + 0.5) / 255) * full <= static_cast<double>(i)) ++sample;
    table[i] = static_cast<std::uint8_t>(sample);
  }
  return table;
}

std::array<std::uint8_t, 256> nodes_of_srgb() {
  std::array<std::uint8_t, 256> nodes{};
  for (std::size_t i = 0; i < nodes.size(); ++i)
    nodes[i] = static_cast<std::uint8_t>(std::rint(255 * srgb_sample(static_cast<double>(i) / 255)));
  return nodes;
}

std::array<std::uint8_t, 256> nodes_of_nothing() {
  std::array<std::uint8_t, 256> nodes{};
  std::iota(nodes.begin(), nodes.end(), std::uint8_t{0});
  return nodes;
}

std::vector<std::uint8_t> samples_between(const std::array<std::uint8_t, 256>& nodes) {
  std::vector<std::uint8_t> table(65536);
  for (std::size_t light = 0; light < table.size(); ++light) {
    const std::size_t below = std::min<std::size_t>(light / 257, 254), rest = light - 257 * below;
    table[light] = static_cast<std::uint8_t>(nodes[below] + ((nodes[below + 1] - nodes[below]) * rest + 128) / 257);
  }
  return table;
}

std::vector<std::uint8_t> with_last_twice(const std::array<std::uint8_t, 256>& nodes) {
  std::vector<std::uint8_t> out(nodes.begin(), nodes.end());
  out.push_back(nodes.back());
  return out;
}

}  // namespace

struct Curve::Wide {
  std::once_flag made;
  std::vector<std::int16_t> light;
};

Curve::Curve(Light light) : Curve(light, {}, samples_of_light(light)) {}
Curve::Curve(Light light, const std::array<std::uint8_t, 256>& nodes)
    : Curve(std::move(light), with_last_twice(nodes), samples_between(nodes)) {}
Curve::Curve(Light light, std::vector<std::uint8_t> nodes, std::vector<std::uint8_t> samples)
    : light_(std::move(light)),
      light8_(light_of_samples(light_, 256)),
      placed8_(placed(light8_)),
      nodes_(std::move(nodes)),
      samples_(std::move(samples)),
      polynomial_(fit_polynomial(light_)),
      wide_(std::make_unique<Wide>()) {}
Curve::~Curve() = default;

const std::int16_t* Curve::light_of_16_bits() const {
  std::call_once(wide_->made, [this] { wide_->light = light_of_samples(light_, 65536); });
  return wide_->light.data();
}

const Curve& Curve::srgb() {
  static const Curve curve(srgb_light, nodes_of_srgb());
  return curve;
}

const Curve& Curve::none() {
  static const Curve curve([](double s) { return s; }, nodes_of_nothing());
  return curve;
}

}  // namespace imcaxy::image::resample
