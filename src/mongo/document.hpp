// Documents as JSON values. What JSON lacks is written as MongoDB's Extended JSON does: {"$date": milliseconds}.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "base/clock.hpp"

namespace imcaxy::mongo {

/// Keeps the order of its fields, since a command's name comes first.
using Document = nlohmann::ordered_json;

Document date(WallTime time);

/// Fields of a document that may come from anywhere: nothing when it lacks the field, or has another type there.
std::optional<WallTime> date_in(const Document& document, const char* name);
std::optional<std::int64_t> number_in(const Document& document, const char* name);
std::optional<std::string> text_in(const Document& document, const char* name);

/// Whether it can be written: MongoDB's text is UTF-8.
bool is_text(std::string_view text);

}  // namespace imcaxy::mongo
