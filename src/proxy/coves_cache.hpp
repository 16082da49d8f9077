// The cache of an original Coves proxy, taken over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>

#include "base/error.hpp"
#include "cache/block_list.hpp"
#include "cache/disk_tier.hpp"
#include "cache/epochs.hpp"
#include "processor/atproto/preset.hpp"

namespace imcaxy::proxy {

struct TakeOver {
  std::uint64_t taken = 0, known = 0, skipped = 0;
};

/// Reads `<folder>/<preset>/<did with : as _>/<cid>`, plain JPEGs, and keeps what is one of our presets' pictures; the
/// folder stays as it is. Skipped: half-written files, other presets, accounts of did:web (which of their names' marks
/// were colons can't be told any more), what is blocked, what is no complete JPEG. Those that are there already are
/// known, so it can be run again. Says in the log how far it is. Blocks on the disk.
Result<TakeOver> take_over_coves(const std::filesystem::path& folder, const processor::atproto::Presets& presets,
                                 const cache::BlockList& blocks, cache::DiskTier& disk, cache::Epochs& epochs,
                                 const std::stop_token& stop);

}  // namespace imcaxy::proxy
