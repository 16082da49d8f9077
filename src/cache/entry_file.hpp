// An entry as a file that describes itself: a fixed head, the description as JSON, the body.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.hpp"
#include "cache/entry.hpp"

namespace imcaxy::cache {

/// Writes a new file; 507 when the disk is full. What was written of it stays behind on an error.
Result<std::uint64_t> write_entry_file(const std::filesystem::path& path, const Entry& entry);

/// All of it, with its checksum verified. 404 when there is no such file, 500 when it is damaged, 503 when the system
/// could not read it now (too many open files).
Result<Entry> read_entry_file(const std::filesystem::path& path);

/// What a file says of itself, and its size; the body is not read.
struct EntryFileHead {
  EntryMeta meta;
  std::uint64_t file_bytes = 0;
  std::uint64_t body_bytes = 0;
};
Result<EntryFileHead> read_entry_head(const std::filesystem::path& path);

}  // namespace imcaxy::cache
