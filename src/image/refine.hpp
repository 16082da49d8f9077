// The search for the encoding that takes the fewest bytes and looks as good as it should.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/edit.hpp"
#include "image/format.hpp"
#include "image/header.hpp"

namespace imcaxy::image {

/// What an answer is encoded from.
struct Master {
  Bytes picture;                    ///< its pixels, as PNG
  std::vector<Encoding> encodings;  ///< that the answer may have; each has a target
};

struct Refined {
  Bytes bytes;
  Format format = Format::unknown;
  int quality = 0;
  double score = 0;
};

/// What came of a search.
struct Refinement {
  double score_now = 0;         ///< of what was there
  std::optional<Refined> best;  ///< what should take its place
};

/// Raised when the search finds more than before: what was searched with less is worth another one.
inline constexpr int refine_effort = 1;

/// What is there may miss its target by so much and stay as it is, if what reaches it is larger.
inline constexpr double score_tolerance = 2.5;

/// Pixels beyond which a search takes too long, and too much memory.
inline constexpr std::int64_t most_pixels_to_refine = 4'000'000;

/// Scores of what is lossless. Exact: every pixel that can be seen is the same. Nearly: nobody sees a difference, not
/// even where both flicker in the same place (SSIMULACRA 2's own scale).
inline constexpr double exact_score = 100, nearly_exact_score = 90;

/// The encoding as something to search for: the quality of a lossy codec, for its target, or the best way to write what
/// is lossless, with such a score. Nothing where there is nothing to search.
std::optional<Encoding> to_be_refined(Encoding encoding, double lossless_score);

/// Takes seconds of CPU. `best` has the score that is its encoding's target, or more, and fewer bytes than `now`; more
/// only where `now` misses the target by more than the tolerance. 400 for what can't be scored.
Result<Refinement> refine(const Master& master, const Bytes& now, const Limits& limits);

}  // namespace imcaxy::image
