// Sitemaps (https://www.sitemaps.org/protocol.html) and their pictures (Google's image extension).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace imcaxy::command {

struct Sitemap {
  std::vector<std::string> pictures;  ///< each <image:loc>
  std::vector<std::string> pages;     ///< the <loc> of each <url>, which may be a picture itself
  std::vector<std::string> sitemaps;  ///< of an index: the <loc> of each
};

/// 400 for what is no sitemap. Reads nothing but the text: no other document, no entity of its own making.
Result<Sitemap> read_sitemap(std::string_view xml);

}  // namespace imcaxy::command
