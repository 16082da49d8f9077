#include "image/resample/samples.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace imcaxy::image::resample {
namespace {

constexpr std::size_t beyond = 64;
constexpr std::array widths{1, 2, 3, 5, 31, 32, 33, 63, 64, 65, 127, 128, 129, 191, 192, 200, 640};

/// Colours by one curve and, of two and four bands, opacity by another.
std::vector<const Curve*> curves_of(int bands, const Curve& colour) {
  std::vector<const Curve*> out(static_cast<std::size_t>(bands), &colour);
  if (bands % 2 == 0) out.back() = &Curve::none();
  return out;
}

template <class Row>
auto pointers(std::vector<Row>& rows) {
  std::vector<decltype(rows[0].data())> out;
  std::ranges::transform(rows, std::back_inserter(out), [](Row& row) { return row.data(); });
  return out;
}

using Read = decltype(by_memory::read_samples);
using Write = decltype(by_memory::write_samples);

void expect_read(Read read, int width, int bands, const Curve& curve) {
  const auto count = static_cast<std::size_t>(width * bands);
  std::minstd_rand random(static_cast<unsigned>(width + bands));
  std::vector<std::uint8_t> samples(count);  // of its own, so that a sanitizer sees what is read beyond it
  std::ranges::generate(samples, [&] { return static_cast<std::uint8_t>(random() >> 8); });
  std::vector<std::vector<std::int16_t>> light(static_cast<std::size_t>(bands));
  for (auto& row : light) row.resize(static_cast<std::size_t>(width) + beyond);
  const auto curves = curves_of(bands, curve);
  read(samples.data(), width, bands, curves.data(), pointers(light).data());
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t band = i % static_cast<std::size_t>(bands), x = i / static_cast<std::size_t>(bands);
    ASSERT_EQ(light[band][x], curves[band]->light_of_8_bits()[samples[i]]) << width << "x" << bands << " at " << i;
  }
}

void expect_write(Write write, int width, int bands, const Curve& curve) {
  std::minstd_rand random(static_cast<unsigned>(width + bands));
  std::vector<std::vector<std::uint16_t>> light(static_cast<std::size_t>(bands));
  for (auto& row : light) {
    row.resize(static_cast<std::size_t>(width));
    std::ranges::generate(row, [&] { return static_cast<std::uint16_t>(random() >> 8); });
  }
  std::vector<const std::uint16_t*> rows;
  for (const auto& row : light) rows.push_back(row.data());
  std::vector<std::uint8_t> samples(static_cast<std::size_t>(width * bands));
  const auto curves = curves_of(bands, curve);
  write(rows.data(), width, bands, curves.data(), samples.data());
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const std::size_t band = i % static_cast<std::size_t>(bands), x = i / static_cast<std::size_t>(bands);
    ASSERT_EQ(samples[i], curves[band]->samples()[light[band][x]]) << width << "x" << bands << " at " << i;
  }
}

/// Wide enough that every light there is comes once.
void expect_all_lights(Write write, const Curve& curve) {
  std::vector<std::uint16_t> light(65536);
  for (std::size_t i = 0; i < light.size(); ++i) light[i] = static_cast<std::uint16_t>(i);
  std::vector<std::uint8_t> samples(light.size());
  const std::uint16_t* const row = light.data();
  const Curve* const curves = &curve;
  write(&row, static_cast<int>(light.size()), 1, &curves, samples.data());
  for (std::size_t i = 0; i < light.size(); ++i) ASSERT_EQ(samples[i], curve.samples()[i]) << i;
}

const Curve& gamma() {
  static const Curve curve([](double s) { return std::pow(s, 2.2); });
  return curve;
}

TEST(SamplesByMemory, AreWhatTheTablesSay) {
  for (const int width : widths)
    for (const int bands : {1, 2, 3, 4})
      for (const Curve* curve : {&Curve::srgb(), &gamma()}) {
        expect_read(by_memory::read_samples, width, bands, *curve);
        expect_write(by_memory::write_samples, width, bands, *curve);
      }
}

TEST(SamplesByRegisters, AreWhatTheTablesSay) {
  if (!by_registers::possible()) GTEST_SKIP() << "this machine can't search registers (AVX-512 VBMI)";
  for (const int width : widths)
    for (const int bands : {1, 2, 3, 4}) {
      for (const Curve* curve : {&Curve::srgb(), &gamma()})
        expect_read(by_registers::read_samples, width, bands, *curve);
      expect_write(by_registers::write_samples, width, bands, Curve::srgb());
    }
  for (const Curve* curve : {&Curve::srgb(), &Curve::none()}) expect_all_lights(by_registers::write_samples, *curve);
}

TEST(Samples, OfACurveWithoutNodesAreWhatTheTablesSay) {
  for (const int bands : {1, 2, 3, 4}) expect_write(write_samples, 200, bands, gamma());
}

TEST(Samples, LieOnTheLinesThatTheNodesSay) {
  for (const Curve* curve : {&Curve::srgb(), &Curve::none()})
    for (int light = 0; light < 65536; ++light) {
      const std::uint8_t* const node = curve->nodes() + light / 257;
      const double exact = node[0] + (node[light == 65535 ? 0 : 1] - node[0]) * (light % 257) / 257.0;
      ASSERT_EQ(curve->samples()[light], std::lround(exact)) << light;
    }
}

}  // namespace
}  // namespace imcaxy::image::resample
