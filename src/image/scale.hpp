// Sizes of pictures.
#pragma once

namespace imcaxy::image {

struct Size {
  int width = 0, height = 0;

  bool operator==(const Size&) const = default;
};

/// A new size, and which side leads where a drawing is drawn at it: with one leading side the factor is exactly that
/// side's, so that the other, which is a rounded number, does not distort the drawing. Pixels are fitted to just the
/// size.
struct Scale {
  enum class Lead { both, width, height };

  Size size;
  Lead lead = Lead::both;

  bool operator==(const Scale&) const = default;
  /// The same for the picture lying on its side.
  Scale sideways() const {
    return {{size.height, size.width},
            lead == Lead::both    ? Lead::both
            : lead == Lead::width ? Lead::height
                                  : Lead::width};
  }
};

}  // namespace imcaxy::image
