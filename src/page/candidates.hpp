// What an element offers to clients, and which of it a client takes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/url.hpp"
#include "page/screen.hpp"

namespace imcaxy::page {

/// One entry of a `srcset`, or a `src`.
struct Candidate {
  std::string url;     ///< absolute, in normal form
  double width = 0;    ///< pixels that it has, as `640w` says; 0: not said
  double density = 1;  ///< of one without a width: as `2x` says

  bool operator==(const Candidate&) const = default;
};

/// `srcset` as HTML reads it: a candidate that is wrong, or no http or https address, is left out.
std::vector<Candidate> read_srcset(std::string_view text, const http::Url& base);

/// A `<source>`, or the `<img>` itself.
struct Offer {
  std::vector<Candidate> candidates;
  std::string media, type;  ///< empty: for everybody
  std::string sizes;
  std::optional<double> width;  ///< that the page gives it, CSS pixels

  bool operator==(const Offer&) const = default;
};

/// A client: its screen, and the formats that it reads beside those that all do.
struct Viewer {
  Screen screen;
  std::vector<std::string> types;  ///< "image/avif"
};

struct Choice {
  Candidate candidate;          ///< what the client loads
  std::optional<double> width;  ///< how wide it is shown there, CSS pixels; nothing where the page does not say
  /// The address with the most pixels among all that stands for the same: what one would make the others of.
  std::string original;
};

/// As the HTML standard says: the first offer that is meant for this client, and of that the smallest candidate with a
/// pixel for each of the screen's. Browsers may take less for what is far away or already there. Nothing where
/// nothing is meant for it.
std::optional<Choice> choose(const std::vector<Offer>& offers, const Viewer& viewer);

}  // namespace imcaxy::page
