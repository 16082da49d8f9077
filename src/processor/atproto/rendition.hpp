// One blob as one preset: the AT Protocol proxy's whole grammar.
#pragma once

#include <optional>
#include <string_view>
#include <utility>

#include "image/delivery.hpp"
#include "image/edit.hpp"
#include "image/format.hpp"
#include "image/header.hpp"
#include "image/source.hpp"
#include "processor/atproto/preset.hpp"
#include "processor/work.hpp"

namespace imcaxy::processor::atproto {

struct Rendition {
  Preset preset;
  image::Format format = image::Format::jpeg;  ///< that the URL or the preset names; unknown: negotiated
  std::optional<image::Readable> negotiation = {};
};

/// The plan for a picture of this header. Sizes of `inside` are cut to whole pixels, not rounded.
image::Edit plan(const Rendition& rendition, const image::Header& header);

/// A still picture, upright, in sRGB, without metadata; what is transparent becomes white where the format knows no
/// transparency. Statuses and words are those of the original proxy: 400 for what is no picture made of pixels or is
/// too large, 500 for what can't be decoded to its end.
Outcome process(const Rendition& rendition, const image::Source& source, const image::Limits& limits);

/// A rendition that is made in this process.
class Native final : public Work {
 public:
  explicit Native(Rendition rendition) : rendition_(std::move(rendition)) {}

  std::string_view processor() const override { return "atproto"; }
  Task<Result<Outcome>> carry_out(Bench& bench) const override;

 private:
  const Rendition rendition_;
};

}  // namespace imcaxy::processor::atproto
