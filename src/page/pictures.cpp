#include "page/pictures.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "http/relative.hpp"
#include "page/document.hpp"
#include "page/style.hpp"

namespace imcaxy::page {
namespace {

/// `640` and `640px`; a share of a box is nothing that is known here.
std::optional<double> pixels(std::string_view text) {
  double value = 0;
  text = trimmed(text);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit = trimmed(text.substr(static_cast<std::size_t>(end - text.data())));
  const bool known = code == std::errc() && value >= 1 && value <= 100'000 && (unit.empty() || unit == "px");
  return known ? std::optional(value) : std::nullopt;
}

/// The width that the element itself names: its style wins over its attribute.
std::optional<double> named_width(const Element& element) {
  if (const auto style = property(element.attribute("style"), "width")) return pixels(*style);
  return pixels(element.attribute("width"));
}

/// The first of these attributes that says something.
std::string_view first_of(const Element& element, std::initializer_list<const char*> names) {
  for (const char* name : names)
    if (const std::string_view value = trimmed(element.attribute(name)); !value.empty()) return value;
  return {};
}

/// What comes after these is counted only: finding out whether it was there before takes ever longer.
constexpr std::size_t most_pictures = 5000;

bool is_inlined(std::string_view address) {
  return ascii_lower(trimmed(address).substr(0, 5)) == "data:";
}

class Finder {
 public:
  explicit Finder(const http::Url& address) : base_(address) {}

  void enter(const Element& element) {
    const std::string name = element.name();
    if (name == "base") take_base(element);
    if (name == "picture") sources_.clear(), in_picture_ = true;
    if (name == "source" && in_picture_) sources_.push_back(offer_of(element));
    if (name == "img") add_image(element);
    if (name == "input" && ascii_lower(element.attribute("type")) == "image") add_image(element);
    if (name == "video") add(Kind::poster, element.attribute("poster"), named_width(element));
    if (name == "link") add_link(element);
    if (name == "style") add_backgrounds(element.text());
    add_backgrounds(element.attribute("style"));
  }

  void leave(const Element& element) {
    if (element.name() == "picture") in_picture_ = false;
  }

  Found finish() {
    drop_what_preloads();
    return std::move(found_);
  }

 private:
  /// The first one counts, for all that follows it: pages put it in front.
  void take_base(const Element& element) {
    const std::string_view href = element.attribute("href");
    if (std::exchange(has_base_, has_base_ || !href.empty()) || href.empty()) return;
    if (auto base = http::resolve(base_, href)) base_ = std::move(*base);
  }

  Offer offer_of(const Element& element) {
    Offer offer{.media = std::string(trimmed(element.attribute("media"))),
                .type = std::string(trimmed(element.attribute("type"))),
                .sizes = std::string(first_of(element, {"sizes", "data-sizes"})),
                .width = named_width(element)};
    offer.candidates = read_srcset(srcset_of(element), base_);
    return offer;
  }

  /// Pages that load late have a stand-in here and the picture there.
  static std::string_view srcset_of(const Element& element) {
    const std::string_view late = first_of(element, {"data-srcset", "data-lazy-srcset"});
    return late.empty() ? element.attribute("srcset") : late;
  }

  static std::string_view src_of(const Element& element) {
    const std::string_view late = first_of(element, {"data-src", "data-lazy-src"}), now = element.attribute("src");
    if (!late.empty()) return late;
    // Elsewhere that is the large form which a click opens.
    const std::string_view original = element.attribute("data-original");
    return !original.empty() && (now.empty() || is_inlined(now)) ? original : now;
  }

  void add_image(const Element& element) {
    std::vector<Offer> offers = in_picture_ ? sources_ : std::vector<Offer>();
    const std::string_view src = src_of(element);
    Offer own = offer_of(element);
    own.media.clear();
    own.type.clear();
    if (!own.width)
      for (Offer& offer : offers)
        if (offer.width) own.width = offer.width;
    for (Offer& offer : offers)
      if (!offer.width) offer.width = own.width;
    const bool has_widths = std::ranges::any_of(own.candidates, [](const Candidate& one) { return one.width > 0; });
    if (!has_widths && !trimmed(src).empty()) add_candidate(own, src);
    offers.push_back(std::move(own));
    keep({Kind::image, std::move(offers)});
  }

  void add_link(const Element& element) {
    const std::string rel = ascii_lower(element.attribute("rel"));
    const std::vector<std::string> words = split_list(rel, ' ');
    const auto is = [&](std::string_view word) { return std::ranges::find(words, word) != words.end(); };
    if (is("preload") && ascii_lower(element.attribute("as")) == "image") {
      Offer offer{.media = std::string(element.attribute("media")),
                  .type = std::string(element.attribute("type")),
                  .sizes = std::string(element.attribute("imagesizes")),
                  .width = {}};
      offer.candidates = read_srcset(element.attribute("imagesrcset"), base_);
      if (offer.candidates.empty()) add_candidate(offer, element.attribute("href"));
      keep({Kind::preload, {std::move(offer)}});
    }
    if (is("icon") || is("apple-touch-icon")) add(Kind::icon, element.attribute("href"), {});
  }

  void add_backgrounds(std::string_view css) {
    for (const std::string& url : background_urls(css)) add(Kind::background, url, {});
  }

  void add(Kind kind, std::string_view address, std::optional<double> width) {
    if (trimmed(address).empty()) return;
    Offer offer{.width = width};
    add_candidate(offer, address);
    keep({kind, {std::move(offer)}});
  }

  void add_candidate(Offer& offer, std::string_view address) {
    if (is_inlined(address)) {
      ++found_.inlined;
      return;
    }
    if (auto url = http::resolve(base_, address)) {
      offer.candidates.push_back({.url = std::move(url->text)});
    } else {
      ++found_.unusable;
    }
  }

  /// A page that names a picture twice loads it once.
  void keep(Picture picture) {
    std::erase_if(picture.offers, [](const Offer& offer) { return offer.candidates.empty(); });
    if (picture.offers.empty()) return;
    if (found_.pictures.size() >= most_pictures) {
      ++found_.beyond;
      return;
    }
    std::vector<std::string> urls = urls_of(picture);
    if (const auto known = std::ranges::find(seen_, urls); known != seen_.end()) {
      const auto place = known - seen_.begin();
      if (found_.pictures[static_cast<std::size_t>(place)].kind != Kind::preload) return;
      found_.pictures.erase(found_.pictures.begin() + place);
      seen_.erase(known);
    }
    found_.pictures.push_back(std::move(picture));
    seen_.push_back(std::move(urls));
  }

  /// What is preloaded is shown somewhere, and that says more of it.
  void drop_what_preloads() {
    const std::vector<Picture>& all = found_.pictures;
    std::vector<Picture> kept;
    for (std::size_t i = 0; i < all.size(); ++i) {
      bool shown = false;
      for (std::size_t other = 0; other < all.size() && !shown && all[i].kind == Kind::preload; ++other)
        shown = all[other].kind != Kind::preload && std::ranges::includes(seen_[other], seen_[i]);
      if (!shown) kept.push_back(all[i]);
    }
    found_.pictures = std::move(kept);
  }

  static std::vector<std::string> urls_of(const Picture& picture) {
    std::vector<std::string> urls;
    for (const Offer& offer : picture.offers)
      for (const Candidate& candidate : offer.candidates) urls.push_back(candidate.url);
    std::ranges::sort(urls);
    urls.erase(std::ranges::unique(urls).begin(), urls.end());
    return urls;
  }

  http::Url base_;
  bool has_base_ = false, in_picture_ = false;
  std::vector<Offer> sources_;
  Found found_;
  std::vector<std::vector<std::string>> seen_;  ///< addresses of each of found_.pictures
};

}  // namespace

std::string_view name(Kind kind) {
  constexpr std::string_view names[] = {"image", "background", "preload", "poster", "icon"};
  return names[static_cast<std::size_t>(kind)];
}

Found find_pictures(std::string_view html, const http::Url& address) {
  Finder finder(address);
  visit(html, {[&](const Element& element) { finder.enter(element); },
               [&](const Element& element) { finder.leave(element); }});
  return finder.finish();
}

}  // namespace imcaxy::page
