// The loops over samples, each compiled for several instruction sets of which the running machine's best is used.
// Internal to the score; no bounds are checked. Rows are `Line`s: behind their width, up to the next multiple of
// `line_block`, they may be read and written.
#pragma once

#include <array>
#include <cstddef>

namespace imcaxy::image::score {

inline constexpr int line_block = 16;

/// The blur reaches so many samples to each side: the Gaussian of 1.5 pixels of Charalampidis ("Recursive
/// Implementation of the Gaussian Filter Using Truncated Cosine Functions", 2016) ends there. As few weights as that
/// are faster as they are than recursively, and are the same blur.
inline constexpr int reach = 4;
using Rows = std::array<const float*, 2 * reach + 1>;

/// Of linear light the opsin channels, as SSIMULACRA 2 shifts and stretches them. X and B are left out when null.
void opsin(const std::array<const float*, 3>& light, int width, const std::array<float*, 3>& out);

/// Means of 2x2; `width` counts those that come out.
void halve(const float* above, const float* below, int width, float* out);

/// a * a.
void square(const float* a, int width, float* out);
/// (a - b) * (a - b).
void square_difference(const float* a, const float* b, int width, float* out);

/// Along a row, which is followed and preceded by `reach` zeros.
void blur_across(const float* in, int width, float* out);

/// Down through rows of samples and of their squares: the mean, and the variance and what SSIM adds to it.
void describe(const Rows& means, const Rows& squares, int width, float* mean, float* variance);

/// The reference's row, and around it the rows of the other picture, of its squares, and of the squares of differences.
struct Neighbourhood {
  const float *sample, *mean, *variance;
  const float* other;
  Rows means, squares, differences;
};

/// Sums over a row.
struct Sums {
  struct Powers {
    double first = 0, fourth = 0;
  };
  Powers structure, added, lost;
};

void compare(const Neighbourhood& rows, int width, Sums& sums);

}  // namespace imcaxy::image::score
