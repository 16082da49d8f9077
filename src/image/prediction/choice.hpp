// The parameters of an encoder for a score that is wanted.
#pragma once

#include <optional>

#include "image/edit.hpp"
#include "image/prediction/features.hpp"

namespace imcaxy::image::prediction {

/// `encoding` with the quality that is expected to give its target, and the score that is expected then: another one
/// where the codec's scale ends. Nothing where the format has no such quality, or no target is named.
struct Choice {
  Encoding encoding;
  double score = 0;
};
std::optional<Choice> choose(const Encoding& encoding, const Features& features);

/// Whether an answer in this encoding has a quality that can be chosen.
bool has_choice(const Encoding& encoding);

}  // namespace imcaxy::image::prediction
