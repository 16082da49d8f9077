// Writing an entry to disk unless its source was invalidated meanwhile.
#pragma once

#include "cache/disk_tier.hpp"
#include "cache/epochs.hpp"

namespace imcaxy::proxy {

/// Blocks on the disk. `since`: the epoch of the entry's source before its bytes were asked for. An entry that came too
/// late is dropped, which is no error.
inline Result<void> store_entry(cache::DiskTier& disk, cache::Epochs& epochs, const cache::Entry& entry,
                                cache::Epochs::Epoch since) {
  auto staged = disk.stage(entry);
  if (!staged) return std::unexpected(std::move(staged.error()));
  Result<void> committed;
  epochs.commit_if_current(entry.meta.source_url, since, [&] { committed = disk.commit(std::move(*staged)); });
  disk.trim();
  return committed;
}

}  // namespace imcaxy::proxy
