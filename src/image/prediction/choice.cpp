#include "image/prediction/choice.hpp"

#include "image/prediction/model.hpp"

namespace imcaxy::image::prediction {
namespace {

/// From this quality on, colour at a quarter of the pixels is what holds a JPEG back: with all of it the same score
/// costs fewer bytes. See bench/README.md.
constexpr int whole_colour_instead_of = 92;

Choice chosen(const Encoding& wanted, Codec codec, const Features& features) {
  const Curve curve(codec, features);
  Choice choice{wanted, 0};
  choice.encoding.quality = curve.quality_for(wanted.target);
  choice.score = curve.score_of(choice.encoding.quality);
  return choice;
}

Choice chosen_jpeg(const Encoding& wanted, const Features& features) {
  const bool free = !wanted.whole_colour.has_value();
  Choice choice = chosen(wanted, wanted.whole_colour.value_or(false) ? Codec::jpeg_whole : Codec::jpeg, features);
  if (free && choice.encoding.quality >= whole_colour_instead_of) {
    choice = chosen(wanted, Codec::jpeg_whole, features);
    choice.encoding.whole_colour = true;
  } else if (free) {
    choice.encoding.whole_colour = false;
  }
  return choice;
}

}  // namespace

bool has_choice(const Encoding& encoding) {
  if (encoding.target <= 0) return false;
  return encoding.format == Format::jpeg || encoding.format == Format::avif ||
         (encoding.format == Format::webp && !encoding.lossless);
}

std::optional<Choice> choose(const Encoding& encoding, const Features& features) {
  if (!has_choice(encoding)) return std::nullopt;
  if (encoding.format == Format::jpeg) return chosen_jpeg(encoding, features);
  if (encoding.format == Format::webp) return chosen(encoding, Codec::webp, features);
  const bool quick = encoding.effort == Encoding::Effort::quick;
  Choice choice = chosen(encoding, quick ? Codec::avif : Codec::avif_dear, features);
  // A tenth fewer bytes than with less colour and a higher quality.
  choice.encoding.whole_colour = true;
  return choice;
}

}  // namespace imcaxy::image::prediction
