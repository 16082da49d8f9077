// Texts for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace imcaxy::command {

/// Text from outside in one line that may be shown on a terminal, shortened.
std::string shown(std::string_view text);

/// `1 picture`, `3 pictures`.
std::string counted(std::size_t count, std::string_view one, std::string_view many);

}  // namespace imcaxy::command
