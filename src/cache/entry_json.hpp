// An entry's description as JSON: in the entry's file, in the index, and in the answer to an invalidation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "cache/entry.hpp"

namespace imcaxy::cache {

std::string to_json(const EntryMeta& meta);

/// Nothing for text that `to_json` has not written.
std::optional<EntryMeta> meta_from_json(std::string_view text);

/// The fields that an answer to an invalidation shows, in the original system's order and spelling.
nlohmann::ordered_json to_public_json(const EntryMeta& meta, std::uint64_t body_bytes);

}  // namespace imcaxy::cache
