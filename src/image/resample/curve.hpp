// How encoded samples and light are related: the transfer curve of a colour space, as tables.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "image/resample/curve_polynomial.hpp"

namespace imcaxy::image::resample {

/// Immutable; thread-safe. Samples are counted from 0 to 255 or 65535, light from 0 to 65535; every entry is rounded to
/// the nearest, unless said otherwise.
class Curve {
 public:
  /// `light(s)`: of a sample, both 0 to 1, rising, 0 at 0 and 1 at 1.
  explicit Curve(std::function<double(double)> light);
  /// `nodes`: samples of 256 evenly spaced lights, rising by at most 15 each; between them back from light goes along
  /// straight lines.
  Curve(std::function<double(double)> light, const std::array<std::uint8_t, 256>& nodes);
  ~Curve();

  /// IEC 61966-2-1. Back from light as libvips rounds: by straight lines between the 256 samples of lights that are
  /// evenly spaced, so that answers are those of its own pipeline in floating point; at most one of 255 from exact.
  static const Curve& srgb();
  /// Light and samples are the same: the curve of opacity.
  static const Curve& none();

  /// 256 and 65536 entries, of light - 32768. The latter are made when they are asked for first.
  const std::int16_t* light_of_8_bits() const { return light8_.data(); }
  const std::int16_t* light_of_16_bits() const;
  /// The former four times, each in another 16 of 64 bits, the lowest first: results are joined where they are found.
  const std::uint64_t* placed_light_of_8_bits() const { return placed8_.data(); }
  /// The curve as polynomials, where it has to be computed for what lies between the samples. Nothing when it is too
  /// crooked for that.
  const std::optional<CurvePolynomial>& polynomial() const { return polynomial_; }

  /// 65536 entries, of light from 0.
  const std::uint8_t* samples() const { return samples_.data(); }
  /// What the former is made of, the last one twice, or null: sample = nodes[i] + (nodes[i + 1] - nodes[i]) * rest /
  /// 257, rounded, of light = 257 * i + rest.
  const std::uint8_t* nodes() const { return nodes_.empty() ? nullptr : nodes_.data(); }

 private:
  struct Wide;
  Curve(std::function<double(double)> light, std::vector<std::uint8_t> nodes, std::vector<std::uint8_t> samples);

  const std::function<double(double)> light_;
  const std::vector<std::int16_t> light8_;
  const std::vector<std::uint64_t> placed8_;
  const std::vector<std::uint8_t> nodes_, samples_;
  const std::optional<CurvePolynomial> polynomial_;
  const std::unique_ptr<Wide> wide_;
};

}  // namespace imcaxy::image::resample
