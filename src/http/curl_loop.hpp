// libcurl's multi interface on a thread of its own, for transfers of every kind. Internal to what speaks HTTP outwards.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <curl/curl.h>

namespace imcaxy::http {

/// One request to a server, from its order to its answer. All members are called on the loop's thread.
class CurlTransfer {
 public:
  using Time = std::chrono::steady_clock::time_point;

  virtual ~CurlTransfer() = default;

  /// Sets the options of a fresh handle; once for each try. What they point to has to live as long as the transfer.
  virtual void prepare(CURL* easy) = 0;

  /// The answer has come, or `code` says why not; `easy` is null when it has not begun. A time: it is tried again then.
  virtual std::optional<Time> finished(CURL* easy, CURLcode code) = 0;

  /// The loop has ended before the transfer has.
  virtual void stopped() = 0;

  /// When it ends with CURLE_OPERATION_TIMEDOUT, whether it runs or waits; may change at any call.
  virtual Time gives_up_at() const { return Time::max(); }

  /// Set by a callback that returns CURL_WRITEFUNC_PAUSE; the loop goes on with it after a moment.
  bool paused = false;
};

struct CurlLoopOptions {
  std::string thread_name;                                 ///< at most 15 bytes
  std::size_t max_connections = 0;                         ///< at a time; more wait inside libcurl
  std::size_t max_running = static_cast<std::size_t>(-1);  ///< transfers that have begun; more wait in their order
};

/// `add` and `stop` are thread-safe, the rest belongs to the loop's thread.
class CurlLoop {
 public:
  explicit CurlLoop(CurlLoopOptions options);
  ~CurlLoop();
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  void add(std::unique_ptr<CurlTransfer> transfer);
  /// Ends what runs, and what comes later, with `stopped`.
  void stop();

  /// Whether it is the one that runs longest.
  bool is_oldest(const CurlTransfer& transfer) const {
    return !running_.empty() && running_.front().transfer.get() == &transfer;
  }

 private:
  using Time = CurlTransfer::Time;
  struct EasyEnd {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct Waiting {
    Time not_before;
    std::unique_ptr<CurlTransfer> transfer;
  };
  struct Running {
    std::unique_ptr<CurlTransfer> transfer;
    std::unique_ptr<CURL, EasyEnd> easy;
  };

  void run();
  bool take_new();  ///< false when it is time to end
  void begin_due(Time now);
  void end_overdue(Time now);
  void finish_done();
  std::list<Running>::iterator finish(std::list<Running>::iterator running, CURLcode code);
  void after(std::unique_ptr<CurlTransfer> transfer, std::optional<Time> again);
  int poll_ms(Time now);
  void end_all();

  const CurlLoopOptions options_;
  CURLM* multi_ = nullptr;
  std::list<Waiting> waiting_;  // the thread's own, as the next
  std::list<Running> running_;  // the oldest in front
  std::mutex mutex_;            // guards what follows
  std::vector<std::unique_ptr<CurlTransfer>> incoming_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace imcaxy::http
