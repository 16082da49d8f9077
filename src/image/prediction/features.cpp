#include "image/prediction/features.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace imcaxy::image::prediction {
namespace {

constexpr int block = 8;
constexpr std::int64_t most_pixels_looked_at = 200'000;
constexpr double flat_below = 0.5;

using Sample = std::int16_t;

/// Planes of `rows` rows.
struct Plane {
  int width = 0, rows = 0;
  std::vector<Sample> samples;

  Plane(int w, int r) : width(w), rows(r), samples(static_cast<std::size_t>(w) * static_cast<std::size_t>(r)) {}
  Sample* row(int y) { return samples.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width); }
  const Sample* row(int y) const {
    return samples.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(width);
  }
};

struct Mean {
  double sum = 0;
  std::int64_t count = 0;

  void add(std::int64_t of_sum, std::int64_t of_count) {
    sum += static_cast<double>(of_sum);
    count += of_count;
  }
  double value() const { return count == 0 ? 0 : sum / static_cast<double>(count); }
};

/// A sample has no fractions: what is below one in some ten counts as nothing.
double log_of(double value) {
  return std::log2(value + 0.1);
}

void halve(const Plane& in, Plane& out) {
  for (int y = 0; y < out.rows; ++y) {
    const Sample *above = in.row(2 * y), *below = in.row(2 * y + 1);
    Sample* to = out.row(y);
    for (int x = 0; x < out.width; ++x)
      to[x] = static_cast<Sample>((above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1] + 2) >> 2);
  }
}

/// Across only, which is enough of colours.
void add_differences_across(const Plane& in, Mean& mean) {
  for (int y = 0; y < in.rows; ++y) {
    const Sample* row = in.row(y);
    std::int32_t sum = 0;
    for (int x = 0; x + 1 < in.width; ++x) sum += std::abs(row[x + 1] - row[x]);
    mean.add(sum, in.width - 1);
  }
}

void add_differences(const Plane& in, Mean& mean) {
  add_differences_across(in, mean);
  for (int y = 0; y + 1 < in.rows; ++y) {
    const Sample *above = in.row(y), *below = in.row(y + 1);
    std::int32_t sum = 0;
    for (int x = 0; x < in.width; ++x) sum += std::abs(below[x] - above[x]);
    mean.add(sum, in.width);
  }
}

/// Takes the picture in strips as high as a block.
class Observer {
 public:
  explicit Observer(int width)
      : light_(width, block),
        red_green_(width, block),
        blue_(width, block),
        columns_(static_cast<std::size_t>(width)),
        half_(width / 2, block / 2),
        quarter_(width / 4, block / 4) {}

  void look(const score::View& picture, int top) {
    for (int y = 0; y < block; ++y) read(picture.row(top + y), picture.bands, y);
    look_at_light();
    halve(light_, half_);
    add_differences(half_, difference_2_);
    halve(half_, quarter_);
    add_differences(quarter_, difference_4_);
    if (picture.bands < 3) return;
    look_at_colour(red_green_, red_green_1_, red_green_2_);
    look_at_colour(blue_, blue_1_, blue_2_);
  }

  Features features(Size size) {
    Features out{};
    out[log_pixels] = std::log2(static_cast<double>(size.width) * size.height);
    out[log_difference_1] = log_of(difference_1_.value());
    out[log_difference_2] = log_of(difference_2_.value());
    out[log_difference_4] = log_of(difference_4_.value());
    out[log_bend_1] = log_of(bend_.value());
    out[log_roughness_1] = log_of(std::sqrt(square_.value()));
    out[log_red_green_1] = log_of(red_green_1_.value());
    out[log_red_green_2] = log_of(red_green_2_.value());
    out[log_blue_1] = log_of(blue_1_.value());
    out[log_blue_2] = log_of(blue_2_.value());
    describe_blocks(out);
    const double mean = light_mean_.value();
    out[brightness] = mean / 255;
    out[contrast] = std::sqrt(std::max(0.0, light_square_.value() - mean * mean)) / 255;
    out[saturation] = colour_.value() / 255;
    return out;
  }

 private:
  void read(const std::uint8_t* in, int bands, int y) {
    Sample *light = light_.row(y), *red_green = red_green_.row(y), *blue = blue_.row(y);
    const int width = light_.width;
    std::int32_t sum = 0, colour = 0;
    std::int64_t square = 0;
    if (bands < 3) {
      for (int x = 0; x < width; ++x) light[x] = in[x * bands];
    } else {
      for (int x = 0; x < width; ++x, in += bands) {
        const int l = (77 * in[0] + 150 * in[1] + 29 * in[2]) >> 8;
        light[x] = static_cast<Sample>(l);
        red_green[x] = static_cast<Sample>(in[0] - in[1]);
        blue[x] = static_cast<Sample>(in[2] - l);
      }
      for (int x = 0; x < width; ++x) colour += std::abs(red_green[x]) + std::abs(blue[x]);
      colour_.add(colour, 2 * width);
    }
    for (int x = 0; x < width; ++x) {
      sum += light[x];
      square += light[x] * light[x];
    }
    light_mean_.add(sum, width);
    light_square_.add(square, width);
  }

  void look_at_light() {
    const int width = light_.width;
    std::ranges::fill(columns_, 0);
    std::int64_t sum = 0, squares = 0, bends = 0;
    for (int y = 0; y < block; ++y) {
      const Sample *row = light_.row(y), *next = light_.row(std::min(y + 1, block - 1));
      std::int32_t row_squares = 0, row_bends = 0;
      for (int x = 0; x + 1 < width; ++x) {
        const int across = row[x + 1] - row[x], down = next[x] - row[x];
        columns_[static_cast<std::size_t>(x)] += std::abs(across) + std::abs(down);
        row_squares += across * across;
      }
      for (int x = 1; x + 1 < width; ++x) row_bends += std::abs(row[x - 1] - 2 * row[x] + row[x + 1]);
      squares += row_squares;
      bends += row_bends;
    }
    constexpr int differences = block * block + block * (block - 1);
    for (int x = 0; x + block <= width; x += block) {
      std::int32_t of_block = 0;
      for (int i = 0; i < block; ++i) of_block += columns_[static_cast<std::size_t>(x + i)];
      sum += of_block;
      const double mean = static_cast<double>(of_block) / differences;
      blocks_.push_back(static_cast<float>(log_of(mean)));
      flat_ += mean < flat_below;
    }
    difference_1_.add(sum, std::int64_t{width / block} * differences);
    square_.add(squares, std::int64_t{width - 1} * block);
    bend_.add(bends, std::int64_t{width - 2} * block);
  }

  void look_at_colour(const Plane& plane, Mean& whole, Mean& half) {
    add_differences_across(plane, whole);
    halve(plane, half_);
    add_differences_across(half_, half);
  }

  void describe_blocks(Features& out) {
    const auto count = static_cast<double>(blocks_.size());
    double sum = 0, square = 0;
    for (const float value : blocks_) {
      sum += value;
      square += static_cast<double>(value) * value;
    }
    out[block_mean] = sum / count;
    out[block_deviation] = std::sqrt(std::max(0.0, square / count - out[block_mean] * out[block_mean]));
    const auto at = [&](double share) {
      const auto place = blocks_.begin() + static_cast<std::ptrdiff_t>(share * (count - 1));
      std::ranges::nth_element(blocks_, place);
      return static_cast<double>(*place);
    };
    out[block_low] = at(0.1);
    out[block_high] = at(0.9);
    out[flat_blocks] = flat_ / count;
  }

  Plane light_, red_green_, blue_;
  std::vector<std::int32_t> columns_;
  Plane half_, quarter_;
  std::vector<float> blocks_;
  double flat_ = 0;
  Mean difference_1_, difference_2_, difference_4_, bend_, square_;
  Mean red_green_1_, red_green_2_, blue_1_, blue_2_;
  Mean light_mean_, light_square_, colour_;
};

}  // namespace

Features features_of(const score::View& picture) {
  const Size size = picture.size;
  Observer observer(size.width);
  const int strips = size.height / block;
  const std::int64_t affordable = std::max<std::int64_t>(1, most_pixels_looked_at / (std::int64_t{block} * size.width));
  const auto looked_at = static_cast<int>(std::min<std::int64_t>(strips, affordable));
  for (int i = 0; i < looked_at; ++i) {
    const auto strip = static_cast<int>(std::int64_t{i} * strips / looked_at);
    observer.look(picture, strip * block);
  }
  return observer.features(size);
}

}  // namespace imcaxy::image::prediction
