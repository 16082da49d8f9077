// Invalidating what comes from changed sources, and remembering up to which commit a project did.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cache/epochs.hpp"
#include "cache/purge.hpp"

namespace imcaxy::cache {

struct InvalidationRequest {
  std::string project_name;
  std::string commit_hash;
  std::vector<std::string> urls;
  std::vector<std::string> prefixes;
};

/// What the API answers, and the record that is kept; the fields are the original system's.
struct InvalidationModel {
  std::string project_name;
  std::string commit_hash;
  WallTime date{};
  std::vector<std::string> requested, done;
  std::vector<Purged> images;        ///< answers; originals that went with them are not told
  std::optional<std::string> error;  ///< why some of the requested were not done

  std::string to_json() const;
  static std::optional<InvalidationModel> from_json(std::string_view text);

  /// Of a project that never invalidated anything.
  static std::string empty_json(const std::string& project_name);
};

/// The last invalidation of each project, in a SQLite file of its own: losing the index must not lose these.
/// Thread-safe; blocks on the disk.
class InvalidationStore {
 public:
  /// A damaged file is moved aside, which the log tells.
  static Result<std::unique_ptr<InvalidationStore>> open(const std::string& path);
  ~InvalidationStore();

  Result<void> save(const InvalidationModel& model);
  Result<std::optional<InvalidationModel>> latest(const std::string& project_name);

  /// What is kept of a project, the latest first.
  Result<std::vector<InvalidationModel>> history(const std::string& project_name);

  struct Project {
    std::string name;
    std::int64_t kept = 0;  ///< records
    WallTime latest{};
  };
  /// Those that invalidated last, in front.
  Result<std::vector<Project>> projects(std::int64_t most);

 private:
  struct Database;
  explicit InvalidationStore(std::unique_ptr<Database> database);

  std::mutex mutex_;
  std::unique_ptr<Database> database_;  // guarded by mutex_
};

/// Thread-safe; blocks on the disk.
class InvalidationService {
 public:
  /// `places`: everything that keeps entries, in the order in which they are made of each other.
  InvalidationService(InvalidationStore& store, Epochs& epochs, std::vector<Purgeable*> places,
                      const Clock& clock = Clock::system())
      : store_(store), epochs_(epochs), places_(std::move(places)), clock_(clock) {}

  /// When it returns, nothing that was fetched from one of the URLs before is served any more. A URL that is none is
  /// told in the model's error, and the others are done.
  Result<InvalidationModel> invalidate(const InvalidationRequest& request);

  /// The same for these sources, without a record: everything that was removed, from all places.
  std::vector<Purged> purge(const UrlSet& set);

  Result<std::optional<InvalidationModel>> latest(const std::string& project_name) {
    return store_.latest(project_name);
  }

 private:
  InvalidationStore& store_;
  Epochs& epochs_;
  const std::vector<Purgeable*> places_;
  const Clock& clock_;
};

}  // namespace imcaxy::cache
