// The pictures that a page names in its HTML.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "http/url.hpp"
#include "page/candidates.hpp"

namespace imcaxy::page {

enum class Kind { image, background, preload, poster, icon };
std::string_view name(Kind kind);

struct Picture {
  Kind kind = Kind::image;
  std::vector<Offer> offers;  ///< the first that fits a client is what it takes

  bool operator==(const Picture&) const = default;
};

struct Found {
  std::vector<Picture> pictures;  ///< each once, in the page's order
  std::size_t inlined = 0;        ///< those that are in the page itself, as `data:` addresses
  std::size_t unusable = 0;       ///< whose address is none
  std::size_t beyond = 0;         ///< more than anybody would look at, left out
};

/// `<img>` and `<picture>` (what scripts load later, too, where it stands in `data-src` and `data-srcset`), posters,
/// backgrounds in `style` and `<style>`, preloaded pictures and icons. What stylesheets of their own or scripts bring
/// is not there. `address`: of the page; its `<base>` is heeded. Any bytes are HTML of some kind, so it never fails.
Found find_pictures(std::string_view html, const http::Url& address);

}  // namespace imcaxy::page
