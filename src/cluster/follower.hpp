// Brings what other nodes invalidated to this one, and tells them how far it has come.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "base/await.hpp"
#include "cluster/event_log.hpp"
#include "cluster/leases.hpp"
#include "cluster/nodes.hpp"
#include "mongo/client.hpp"

namespace imcaxy::cluster {

/// How far a node's disk has come in which log.
struct FollowerState {
  std::string log;
  Position applied = 0;
  std::string token;  ///< of the event with the number applied
};
/// An empty one where there is none.
FollowerState read_state(const std::filesystem::path& file);

struct FollowerHooks {
  /// Removes what comes from these sources from this node, and sees to it that nothing of it that is under way comes in
  /// later. A set with the prefix "" means everything.
  std::function<void(const cache::UrlSet&)> remove;
  /// When the database can be reached, at first and after each outage. `newcomer`: for the first time with these
  /// others.
  std::function<mongo::Outcome<void>(bool newcomer)> joined;
  std::function<mongo::Outcome<void>()> blocks_changed;
};

/// A thread that reads the log as it grows: woken by a change stream, and where the server has none, ten times a
/// second. Thread-safe.
class Follower {
 public:
  /// `mongo`: two of its time-outs are below `longest_silence`. `state_file`: how far this node's disk has come.
  Follower(mongo::Client& mongo, EventLog& log, Nodes& nodes, Leases& leases, std::filesystem::path state_file,
           FollowerHooks hooks);
  ~Follower() { stop(); }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  /// Tries once to come up with the log before it returns.
  void start();
  void stop();

  /// What this node has applied.
  Position applied() const { return applied_; }

  /// Whether the node has looked at the log a moment ago, or knows that it can't: then it may serve what it has. Not
  /// after a pause of the whole process: then it waits for `catch_up` first. Costs no system call.
  bool current() const { return coarse_now() - looked_at_.load(std::memory_order_acquire) < longest_silence; }
  /// Suspends until it is current, for some seconds at the most.
  Task<void> catch_up() const;

  /// Why the log can't be read; nothing when it can.
  std::optional<std::string> trouble() const;

  /// A node that did not say for so long that it has applied an event may still serve what is older, and is named to
  /// whoever invalidates. One that was silent for longer looks at the log before it serves.
  static constexpr std::chrono::milliseconds longest_silence{5000};

 private:
  using Nanoseconds = std::chrono::nanoseconds;

  static Nanoseconds coarse_now();
  void run();
  mongo::Outcome<void> look();
  mongo::Outcome<void> try_to_look();
  mongo::Outcome<void> prepare();
  mongo::Outcome<void> read_log();
  bool follows(const std::vector<Event>& events) const;
  void apply(const Event& event);
  mongo::Outcome<void> drop_everything();
  void keep_state() const;
  void wait_for_change(bool in_order);

  mongo::Client& mongo_;
  EventLog& log_;
  Nodes& nodes_;
  Leases& leases_;
  const std::filesystem::path state_file_;
  const FollowerHooks hooks_;

  std::atomic<Position> applied_ = 0;
  std::atomic<Nanoseconds> looked_at_{Nanoseconds(0)};

  // Of the thread, and of `start` before it.
  bool prepared_ = false;
  std::string known_log_;   // the one that applied_ belongs to
  std::string last_token_;  // of the event with the number applied_
  std::unique_ptr<mongo::Client::Watch> watch_;
  bool can_watch_ = true;
  std::chrono::steady_clock::time_point told_at_{};
  Position told_ = -1;

  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  std::optional<std::string> trouble_ = "not looked at yet";
  std::thread thread_;
};

}  // namespace imcaxy::cluster
