#include "page/candidates.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"
#include "http/relative.hpp"

namespace imcaxy::page {
namespace {

constexpr std::string_view blanks = " \t\r\n\f";
constexpr double most_pixels = 100'000, most_density = 100;

/// False when the descriptors are wrong.
bool read_descriptors(std::string_view text, Candidate& candidate) {
  for (std::string_view rest = trimmed(text); !rest.empty(); rest = trimmed(rest)) {
    const std::string_view one = rest.substr(0, rest.find_first_of(blanks));
    rest.remove_prefix(one.size());
    double value = 0;
    const auto [end, code] = std::from_chars(one.data(), one.data() + one.size(), value);
    if (code != std::errc() || end + 1 != one.data() + one.size() || !(value > 0)) return false;
    if (*end == 'w' && value <= most_pixels) {
      candidate.width = value;
    } else if (*end == 'x' && value <= most_density) {
      candidate.density = value;
    } else if (*end != 'h') {
      return false;
    }
  }
  return true;
}

/// The descriptors end at a comma that stands in no brackets.
std::size_t end_of_descriptors(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && depth > 0) --depth;
    if (text[i] == ',' && depth == 0) return i;
  }
  return text.size();
}

bool is_for(const Offer& offer, const Viewer& viewer) {
  if (!media_holds(offer.media, viewer.screen)) return false;
  constexpr std::array old{"image/jpeg", "image/jpg", "image/png", "image/gif", "image/svg+xml", "image/x-icon"};
  const std::string type = ascii_lower(trimmed(std::string_view(offer.type).substr(0, offer.type.find(';'))));
  return type.empty() || std::ranges::find(old, type) != old.end() ||
         std::ranges::find(viewer.types, type) != viewer.types.end();
}

std::optional<double> shown_width(const Offer& offer, const Screen& screen) {
  if (const auto width = width_by_sizes(offer.sizes, screen)) return width;
  // What is wider than the screen is, on nearly every page, made to fit by its style.
  if (offer.width) return std::min(*offer.width, screen.width);
  return std::nullopt;
}

double density_of(const Candidate& candidate, double shown) {
  return candidate.width > 0 ? candidate.width / shown : candidate.density;
}

/// Offers with another media query may be other pictures, such as a crop for phones.
const Candidate& largest_like(const Offer& chosen, const std::vector<Offer>& offers) {
  const Candidate* best = nullptr;
  const auto size = [](const Candidate& one) { return std::pair(one.width, one.density); };
  for (const Offer& offer : offers) {
    if (offer.media != chosen.media) continue;
    // Where two are as large the last offer counts: its format is the one that all read, and the least worked on.
    for (const Candidate& candidate : offer.candidates)
      if (!best || size(candidate) >= size(*best)) best = &candidate;
  }
  return *best;
}

}  // namespace

std::vector<Candidate> read_srcset(std::string_view text, const http::Url& base) {
  std::vector<Candidate> out;
  for (;;) {
    const std::size_t from = text.find_first_not_of(" \t\r\n\f,");
    if (from == text.npos) return out;
    text.remove_prefix(from);
    std::string_view url = text.substr(0, text.find_first_of(blanks));
    text.remove_prefix(url.size());
    Candidate candidate;
    bool right = true;
    if (url.ends_with(',')) {
      while (url.ends_with(',')) url.remove_suffix(1);
    } else {
      const std::size_t end = end_of_descriptors(text);
      right = read_descriptors(text.substr(0, end), candidate);
      text.remove_prefix(end);
    }
    auto address = http::resolve(base, url);
    if (!right || !address) continue;
    candidate.url = std::move(address->text);
    out.push_back(std::move(candidate));
  }
}

std::optional<Choice> choose(const std::vector<Offer>& offers, const Viewer& viewer) {
  const auto offer =
      std::ranges::find_if(offers, [&](const Offer& one) { return !one.candidates.empty() && is_for(one, viewer); });
  if (offer == offers.end()) return std::nullopt;
  const auto width = shown_width(*offer, viewer.screen);
  const double shown = width.value_or(viewer.screen.width);
  const Candidate* best = nullptr;
  for (const Candidate& candidate : offer->candidates) {
    const double density = density_of(candidate, shown), so_far = best ? density_of(*best, shown) : 0;
    const bool enough = so_far >= viewer.screen.density;
    if (!best || (enough ? density >= viewer.screen.density && density < so_far : density > so_far)) best = &candidate;
  }
  return Choice{*best, width, largest_like(*offer, offers).url};
}

}  // namespace imcaxy::page
