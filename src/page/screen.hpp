// Who looks at a page, and what CSS asks of them.
#pragma once

#include <optional>
#include <string_view>

namespace imcaxy::page {

/// In CSS pixels, and how many of its own pixels the screen has for each of them.
struct Screen {
  double width = 0, height = 0;
  double density = 1;
};

/// A CSS length on this screen: `320px`, `50vw`, `20rem`, `calc(100vw - 2 * 16px)`, `min(...)`, `max(...)`,
/// `clamp(...)`. Nothing for what is none, or what depends on more than the screen.
std::optional<double> length_on(std::string_view text, const Screen& screen);

/// Whether a media query holds: sizes, shapes and densities of the screen, joined by `and`, `or` as a comma, and `not`.
/// Of what it asks beside that, a screen of colours in light mode is taken for granted; what is unknown does not hold.
bool media_holds(std::string_view query, const Screen& screen);

/// How wide the `sizes` of a picture say that it is shown; nothing where they say nothing that can be told here.
std::optional<double> width_by_sizes(std::string_view sizes, const Screen& screen);

}  // namespace imcaxy::page
