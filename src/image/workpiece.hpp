// A picture that is worked on: decoded by the first step, written after the last.
#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/delivery.hpp"
#include "image/edit.hpp"
#include "image/header.hpp"
#include "image/placeholder/small.hpp"
#include "image/prediction/choice.hpp"
#include "image/prediction/predicted.hpp"
#include "image/refine.hpp"
#include "image/source.hpp"

namespace imcaxy::image {

struct Picture {
  Bytes bytes;
  Size size;
  Format format = Format::unknown;
  std::optional<Predicted> predicted = {};  ///< where the encoding had a target
  bool hurried = false;                     ///< without a deadline it had had a better format
};

/// The gain map of an Ultra HDR JPEG goes along as far as the result is a JPEG that looks as the picture does: through
/// turns, sizes, cuts and blurs, not under marks. Not thread-safe. Errors are 400 with libvips' own message.
class Workpiece {
 public:
  /// `header` is the original's: plans are made for that, whether there is a reduced form or not.
  Workpiece(Source source, Header header);
  ~Workpiece();
  Workpiece(const Workpiece&) = delete;
  Workpiece& operator=(const Workpiece&) = delete;

  /// What the picture is now; its format is that of the last step's encoding.
  const Header& header() const { return header_; }
  /// Whether its pixels came from the reduced form.
  bool from_reduced() const { return from_reduced_; }

  enum class When { later, now };
  /// Carries a plan for `header()` out, all but its encoding. `later`: pixels are computed while they are written, and
  /// a failure may show itself only then; `now`: at once, and a failure leaves everything as it was.
  Result<void> apply(const Edit& plan, When when = When::later);

  /// Becomes small: its first frame as one sees it, in sRGB, no side longer than that. And tells its pixels.
  Result<Small> shrink(int longest);
  /// Becomes another picture.
  Result<void> replace(const Small& picture);

  /// An encoding with a target gets the quality that is expected to meet it, which costs 0.3 ms. With one, a picture
  /// that no step has changed is never more bytes than it came as.
  Result<Picture> encode(const Encoding& encoding);

  /// The encoding that `encode` would use: with the quality that is expected to meet its target.
  Result<Encoding> settled(const Encoding& encoding);

  using Deadline = std::optional<std::chrono::milliseconds>;
  /// In the format that costs the fewest bytes among those worth trying; a format that can't hold the picture is left
  /// out. Costs one encode for each. A photograph that is expected to take longer than `deadline` to be written in the
  /// best format is written in the next one.
  Result<Picture> encode_smallest(const Encoding& plain, const Readable& readable, Deadline deadline = {});

  /// What `encode` encodes, or where `readable` is given `encode_smallest`, and those encodings that can be refined.
  /// 400 where there are none, and for what can't be searched: animations, gain maps, inks, too few or too many pixels.
  Result<Master> master(const Encoding& plain, const Readable* readable);

 private:
  struct Pixels;
  struct Companion;
  void take_companion_along(const Edit& plan, const Header& before, When when);
  Bytes with_companion(Bytes picture, const Encoding& encoding);
  Content content(const Readable& readable);
  std::optional<prediction::Choice> choose(const Encoding& encoding);
  Result<Picture> written(const Encoding& encoding);
  void prefer_as_it_came(Picture& picture, const Encoding& encoding) const;

  const Source source_;
  const Format source_format_;
  Header header_;
  bool from_reduced_ = false;
  bool untouched_ = true;                         ///< by the steps up to now
  std::unique_ptr<Pixels> pixels_;                ///< null until the first step
  std::unique_ptr<Companion> companion_;          ///< the gain map, while there is one
  std::optional<prediction::Features> features_;  ///< of the pixels, once they are asked for
};

/// One plan from bytes to bytes.
Result<Picture> edit(const Source& source, const Header& header, const Edit& plan);

}  // namespace imcaxy::image
