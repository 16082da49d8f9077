#include "proxy/negative_cache.hpp"

namespace imcaxy::proxy {

std::optional<Error> NegativeCache::find(const Key128& key, std::string_view source_url) {
  std::lock_guard lock(mutex_);
  const auto it = failures_.find(key);
  if (it == failures_.end()) return std::nullopt;
  if (it->second.until <= Steady::now() || it->second.epoch != epochs_.current(source_url)) {
    failures_.erase(it);
    return std::nullopt;
  }
  return it->second.error;
}

bool NegativeCache::remember(const Key128& key, std::string_view source_url, cache::Epochs::Epoch since,
                             const Error& error) {
  if (error.status == 503 || ttl_ <= std::chrono::seconds(0) || epochs_.current(source_url) != since) return false;
  const auto now = Steady::now();
  std::lock_guard lock(mutex_);
  if (failures_.size() >= max_entries) std::erase_if(failures_, [&](const auto& f) { return f.second.until <= now; });
  if (failures_.size() >= max_entries) failures_.clear();
  failures_.insert_or_assign(key, Failure{error, now + ttl_, since});
  return true;
}

}  // namespace imcaxy::proxy
