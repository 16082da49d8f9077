// What was invalidated, in one order for all nodes.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "cache/url_set.hpp"
#include "mongo/client.hpp"

namespace imcaxy::cluster {

/// Place in the log. Everything that a node makes carries the last event that it had applied when it asked the source:
/// what comes later in the log and names the source makes the picture stale, wherever it lies.
using Position = std::int64_t;

struct Event {
  Position number = 0;
  std::string token;  ///< of this event alone: a log that was brought back from a backup may count on in another way
  cache::UrlSet set;
  bool blocks_changed = false;  ///< the list of what moderators took away is another
};

/// Events are numbered without gaps: who has seen number n and finds n+2 has missed what was removed. Thread-safe;
/// blocks.
class EventLog {
 public:
  explicit EventLog(mongo::Client& mongo) : mongo_(mongo) {}

  /// Makes the indexes, and the log's name where there is none. To be called before all else, and after a failure: it
  /// may be another log then.
  mongo::Outcome<void> prepare();
  /// Of this log: another one begins again at 1. Empty before `prepare` worked.
  std::string name() const;

  /// The number of the last event that it made.
  mongo::Outcome<Position> append(const cache::UrlSet& set);
  mongo::Outcome<Position> append_blocks_changed();

  /// Those from `position` on, the oldest first, at most `limit`.
  mongo::Outcome<std::vector<Event>> from(Position position, std::int64_t limit);
  /// Number 0 when the log is empty.
  mongo::Outcome<Event> last();
  /// What is older may have been invalidated by an event that is forgotten; nothing while none is.
  mongo::Outcome<std::optional<WallTime>> reaches_back_to();

  /// Whether an event behind `since` names the URL. Beginnings of URLs are known to a node up to what it has applied.
  mongo::Outcome<bool> names(const std::string& url, Position since);
  /// What a node has applied, so that `names` knows it.
  void remember(const Event& event);

  /// Forgets what is older, but for the last event.
  mongo::Outcome<void> trim(WallTime before);

 private:
  mongo::Outcome<Position> insert(mongo::Document event);
  void remember_prefixes(const Event& event);  // with mutex_ held

  mongo::Client& mongo_;
  mutable std::mutex mutex_;  // guards what follows
  std::string name_;
  std::vector<std::pair<Position, std::string>> prefixes_;
};

}  // namespace imcaxy::cluster
