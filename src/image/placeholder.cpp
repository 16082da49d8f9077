#include "image/placeholder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/hash.hpp"
#include "image/placeholder/blurhash.hpp"
#include "image/placeholder/dominant.hpp"
#include "image/placeholder/thumbhash.hpp"

namespace imcaxy::image {
namespace {

using namespace placeholder;

/// Of hashes that are looked at, and of a tiny picture. More of the latter would be seen through no blur.
constexpr int most_of_hashes = 32, most_of_lqip = 20;
/// For so few pixels WebP takes a third of what JPEG and AVIF take, whose headers alone are larger.
constexpr Encoding lqip_encoding{.format = Format::webp, .quality = 40, .strip = true};

/// The same size as `picture` shrunk; only its proportions are needed.
Size size_like(const Small& picture, int longest) {
  const double factor = std::min(1.0, static_cast<double>(longest) / std::max(picture.size.width, picture.size.height));
  const auto side = [factor](int length) { return std::max(1, static_cast<int>(length * factor + 0.5)); };
  return {side(picture.size.width), side(picture.size.height)};
}

Small in_one_colour(Size size, const std::optional<std::array<std::uint8_t, 3>>& colour) {
  Small out{size, {}};
  const auto [r, g, b] = colour.value_or(std::array<std::uint8_t, 3>{});
  for (int i = 0; i < size.width * size.height; ++i)
    for (const int sample : {int{r}, int{g}, int{b}, colour ? 255 : 0})
      out.rgba.push_back(static_cast<std::uint8_t>(sample));
  return out;
}

Small drawn(const Small& picture, Placeholder kind) {
  const Size size = size_like(picture, most_of_hashes);
  if (kind == Placeholder::blurhash) return of_blurhash(blurhash(picture, components_for(picture.size)), size);
  if (kind == Placeholder::thumbhash) return of_thumbhash(thumbhash(picture), size);
  return in_one_colour(size, dominant_colour(picture));
}

Result<std::string> data_url(Workpiece& work) {
  if (auto small = work.shrink(most_of_lqip); !small) return std::unexpected(std::move(small.error()));
  const auto written = work.encode(lqip_encoding);
  if (!written) return std::unexpected(written.error());
  return fmt::format("data:{};base64,{}", mime_type(written->format), base64(written->bytes.view()));
}

}  // namespace

Result<PlaceholderTexts> describe_small(Workpiece& work, const std::vector<Placeholder>& wanted) {
  const auto wants = [&](Placeholder kind) { return std::ranges::find(wanted, kind) != wanted.end(); };
  const auto small = work.shrink(most_of_small);
  if (!small) return std::unexpected(small.error());
  PlaceholderTexts out;
  if (wants(Placeholder::blurhash)) out.blurhash = blurhash(*small, components_for(small->size));
  if (wants(Placeholder::thumbhash)) out.thumbhash = base64(thumbhash(*small));
  if (wants(Placeholder::color)) {
    const auto colour = dominant_colour(*small);
    out.color = colour ? fmt::format("#{:02x}{:02x}{:02x}", (*colour)[0], (*colour)[1], (*colour)[2]) : "";
  }
  if (wants(Placeholder::lqip)) {
    auto url = data_url(work);
    if (!url) return std::unexpected(std::move(url.error()));
    out.lqip = std::move(*url);
  }
  return out;
}

Result<void> become_placeholder(Workpiece& work, Placeholder kind) {
  const auto small = work.shrink(kind == Placeholder::lqip ? most_of_lqip : most_of_small);
  if (!small) return std::unexpected(small.error());
  return work.replace(kind == Placeholder::lqip ? *small : drawn(*small, kind));
}

}  // namespace imcaxy::image
