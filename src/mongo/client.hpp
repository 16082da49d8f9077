// One database of MongoDB, or of a server that speaks its protocol.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/circuit_breaker.hpp"
#include "base/error.hpp"
#include "mongo/document.hpp"
#include "mongo/failure.hpp"

namespace imcaxy::mongo {

struct ClientOptions {
  std::string connection_string;  ///< mongodb:// or mongodb+srv://, with the database's name; what it says wins
  std::string application = "imcaxy";
  std::size_t connections = 16;                       ///< callers at a time; more wait
  std::chrono::milliseconds selection_timeout{1500};  ///< until a server that takes writes is found
  std::chrono::milliseconds socket_timeout{2000};     ///< without a byte of an answer
  CircuitBreakerOptions breaker{.failures = 3, .open_for = std::chrono::milliseconds(1000)};
};

struct ClientStats {
  std::atomic<std::uint64_t> commands = 0, failures = 0, left_alone = 0;
};

/// Thread-safe; every call blocks, so it belongs on a thread that may wait. A command whose connection breaks is sent
/// once more: give only commands that may be repeated. A database that fails time after time is left alone for a while.
class Client {
 public:
  /// 400: what is wrong with the connection string, and how to write it. Asks nobody.
  static Result<std::unique_ptr<Client>> open(ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends one command to the primary server: its whole answer. An error of a write is a Failure, too.
  Outcome<Document> run(const Document& command);

  /// The first documents that fit, at most `limit` (and what fits into one answer of 16 MB).
  Outcome<std::vector<Document>> find(const std::string& collection, Document filter, std::int64_t limit,
                                      Document sort = Document::object(), Document fields = Document::object());
  Outcome<std::optional<Document>> find_one(const std::string& collection, Document filter);
  Outcome<void> insert(const std::string& collection, Document document);
  /// Of the first that fits; whether there was one. With `upsert` one is made of filter and update else.
  Outcome<bool> update(const std::string& collection, Document filter, Document change, bool upsert = false);
  Outcome<void> update_all(const std::string& collection, Document filter, Document change);
  /// Changes the first that fits and gives it as it was before.
  Outcome<std::optional<Document>> find_and_modify(const std::string& collection, Document filter, Document change,
                                                   bool upsert);
  Outcome<std::optional<Document>> find_and_remove(const std::string& collection, Document filter);
  Outcome<std::int64_t> remove(const std::string& collection, Document filter);
  /// In the form of createIndexes; those that are there stay.
  Outcome<void> ensure_indexes(const std::string& collection, Document indexes);

  /// Whether it answers, with these credentials, for this database.
  Outcome<void> check();

  const std::string& database() const { return database_; }
  const std::string& hosts() const { return hosts_; }  ///< for texts: without credentials
  const ClientStats& stats() const { return stats_; }
  bool left_alone() const { return breaker_.open(); }

  /// Tells that something changed in a collection. Not thread-safe; ends before its client.
  class Watch {
   public:
    virtual ~Watch() = default;
    enum class Change { something, nothing };
    /// Waits for a change, at most as long as was given.
    virtual Outcome<Change> next() = 0;
  };
  /// Fails where the server has no change streams: then look at the collection from time to time.
  Outcome<std::unique_ptr<Watch>> watch(const std::string& collection, std::chrono::milliseconds longest_wait);

 private:
  struct Pool;
  class Stream;
  Client(ClientOptions options, std::unique_ptr<Pool> pool);

  const ClientOptions options_;
  std::string database_, hosts_;
  CircuitBreaker breaker_;
  ClientStats stats_;
  std::unique_ptr<Pool> pool_;
};

}  // namespace imcaxy::mongo
