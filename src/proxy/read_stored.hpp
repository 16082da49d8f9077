// Reading what a source's entry on disk holds, within a bound on memory.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/await.hpp"
#include "base/byte_budget.hpp"
#include "cache/disk_tier.hpp"

namespace imcaxy::proxy {

/// The entry of that key, if it is that of `signature`; its body holds its share of the budget as long as it lives.
/// Nothing as well when its turn does not come within `patience`. Everything that is named by reference must outlive
/// the executor.
inline Task<std::optional<cache::Entry>> read_stored(cache::DiskTier& disk, WorkerPool& pool, ByteBudget& budget,
                                                     Key128 key, std::string signature,
                                                     std::chrono::steady_clock::duration patience) {
  const auto bytes = disk.file_bytes(key);
  if (!bytes) co_return std::nullopt;
  const ByteBudget::Lease lease = co_await budget.acquire(*bytes, patience);
  if (!lease) co_return std::nullopt;
  using Stored = Result<std::optional<cache::Entry>>;
  auto read = [&disk, key]() -> Stored { return disk.read(key); };
  Stored stored = co_await run_on(pool, patience, std::move(read));
  if (!stored || !*stored || (*stored)->meta.request_signature != signature) co_return std::nullopt;
  cache::Entry& entry = **stored;
  const auto owner = std::make_shared<const std::pair<Bytes, ByteBudget::Lease>>(std::move(entry.body), lease);
  entry.body = Bytes::wrap(owner->first.view(), owner);
  co_return std::move(entry);
}

}  // namespace imcaxy::proxy
