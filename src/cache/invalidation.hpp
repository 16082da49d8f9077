// Invalidating what comes from changed sources, and remembering up to which commit a project did.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cache/purge.hpp"
#include "cache/purger.hpp"

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

/// The last invalidation of each project. Thread-safe; blocks.
class InvalidationRecords {
 public:
  virtual ~InvalidationRecords() = default;
  virtual Result<void> save(const InvalidationModel& model) = 0;
  virtual Result<std::optional<InvalidationModel>> latest(const std::string& project_name) = 0;

  /// What is kept of a project, at most the last 20, the latest first.
  virtual Result<std::vector<InvalidationModel>> history(const std::string& project_name) = 0;

  struct Project {
    std::string name;
    std::int64_t kept = 0;  ///< records
    WallTime latest{};
  };
  /// Those that invalidated last, in front.
  virtual Result<std::vector<Project>> projects(std::int64_t most) = 0;
};

/// In a SQLite file of its own: losing the index must not lose these.
class InvalidationStore final : public InvalidationRecords {
 public:
  /// A damaged file is moved aside, which the log tells.
  static Result<std::unique_ptr<InvalidationStore>> open(const std::string& path);
  ~InvalidationStore() override;

  Result<void> save(const InvalidationModel& model) override;
  Result<std::optional<InvalidationModel>> latest(const std::string& project_name) override;
  Result<std::vector<InvalidationModel>> history(const std::string& project_name) override;
  Result<std::vector<Project>> projects(std::int64_t most) override;

 private:
  struct Database;
  explicit InvalidationStore(std::unique_ptr<Database> database);

  std::mutex mutex_;
  std::unique_ptr<Database> database_;  // guarded by mutex_
};

/// Thread-safe; blocks on the disk, and on the other nodes.
class InvalidationService {
 public:
  /// `others`: null where this node is the only one.
  InvalidationService(InvalidationRecords& records, Purger& purger, Others* others = nullptr,
                      const Clock& clock = Clock::system())
      : records_(records), purger_(purger), others_(others), clock_(clock) {}

  /// When it returns, nothing that was fetched from one of the URLs before is served any more, by any node that the
  /// model's error does not name. A URL that is none is told there, too, and the others are done.
  Result<InvalidationModel> invalidate(const InvalidationRequest& request);

  struct Removed {
    std::vector<Purged> entries;       ///< from all places
    bool announced = true;             ///< the other nodes know, or will when they can
    std::optional<std::string> error;  ///< which of them may not know yet
  };
  /// The same for these sources, without a record.
  Removed purge(const UrlSet& set);

  Result<std::optional<InvalidationModel>> latest(const std::string& project_name) {
    return records_.latest(project_name);
  }

 private:
  InvalidationRecords& records_;
  Purger& purger_;
  Others* const others_;
  const Clock& clock_;
};

}  // namespace imcaxy::cache
