// The little of CSS that names pictures.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace imcaxy::page {

/// The addresses in `url(...)` of every `background`, `background-image` and `content`, as they are written.
std::vector<std::string> background_urls(std::string_view css);

/// The value of a property in a `style` attribute; the last one counts.
std::optional<std::string_view> property(std::string_view style, std::string_view name);

}  // namespace imcaxy::page
