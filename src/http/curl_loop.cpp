#include "http/curl_loop.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include <spdlog/spdlog.h>

#include "http/trust.hpp"

namespace imcaxy::http {
namespace {

constexpr int longest_poll_ms = 1000;
constexpr int poll_ms_while_paused = 20;

/// Before the first handle is made, once.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) spdlog::critical("libcurl can't start: {}", curl_easy_strerror(started));
}

}  // namespace

CurlLoop::CurlLoop(CurlLoopOptions options) : options_(std::move(options)) {
  start_curl();
  multi_ = curl_multi_init();
  curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(options_.max_connections));
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_connections));
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), options_.thread_name.c_str());
}

CurlLoop::~CurlLoop() {
  stop();
  curl_multi_cleanup(multi_);
}

void CurlLoop::stop() {
  {
    std::lock_guard lock(mutex_);
    if (stopping_) return;
    stopping_ = true;
  }
  curl_multi_wakeup(multi_);
  thread_.join();
}

void CurlLoop::add(std::unique_ptr<CurlTransfer> transfer) {
  {
    std::lock_guard lock(mutex_);
    if (!stopping_) incoming_.push_back(std::move(transfer));
  }
  if (transfer) return transfer->stopped();
  curl_multi_wakeup(multi_);
}

void CurlLoop::run() {
  while (take_new()) {
    const Time now = std::chrono::steady_clock::now();
    end_overdue(now);
    begin_due(now);
    int running = 0;
    curl_multi_perform(multi_, &running);
    finish_done();
    // Those that had to wait try again; who still must pauses again.
    for (Running& r : running_)
      if (std::exchange(r.transfer->paused, false)) curl_easy_pause(r.easy.get(), CURLPAUSE_CONT);
    curl_multi_poll(multi_, nullptr, 0, poll_ms(std::chrono::steady_clock::now()), nullptr);
  }
  end_all();
}

bool CurlLoop::take_new() {
  std::vector<std::unique_ptr<CurlTransfer>> taken;
  bool stopping = false;
  {
    std::lock_guard lock(mutex_);
    taken.swap(incoming_);
    stopping = stopping_;
  }
  for (auto& transfer : taken) waiting_.push_back({Time::min(), std::move(transfer)});
  return !stopping;
}

void CurlLoop::begin_due(Time now) {
  for (auto it = waiting_.begin(); it != waiting_.end() && running_.size() < options_.max_running;) {
    if (it->not_before > now) {
      ++it;
      continue;
    }
    Running& begun = running_.emplace_back(Running{std::move(it->transfer), {}});
    it = waiting_.erase(it);
    begun.easy.reset(curl_easy_init());
    if (const char* file = certificates_elsewhere()) curl_easy_setopt(begun.easy.get(), CURLOPT_CAINFO, file);
    begun.transfer->prepare(begun.easy.get());
    curl_multi_add_handle(multi_, begun.easy.get());
  }
}

void CurlLoop::end_overdue(Time now) {
  for (auto it = running_.begin(); it != running_.end();)
    it = it->transfer->gives_up_at() <= now ? finish(it, CURLE_OPERATION_TIMEDOUT) : std::next(it);
  std::list<Waiting> overdue;
  for (auto it = waiting_.begin(); it != waiting_.end();) {
    const auto next = std::next(it);
    if (it->transfer->gives_up_at() <= now) overdue.splice(overdue.end(), waiting_, it);
    it = next;
  }
  for (Waiting& w : overdue) {
    const std::optional<Time> again = w.transfer->finished(nullptr, CURLE_OPERATION_TIMEDOUT);
    after(std::move(w.transfer), again);
  }
}

void CurlLoop::finish_done() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    const auto found =
        std::ranges::find_if(running_, [&](const Running& r) { return r.easy.get() == message->easy_handle; });
    finish(found, code);
  }
}

std::list<CurlLoop::Running>::iterator CurlLoop::finish(std::list<Running>::iterator running, CURLcode code) {
  Running done = std::move(*running);
  const auto next = running_.erase(running);
  curl_multi_remove_handle(multi_, done.easy.get());
  const std::optional<Time> again = done.transfer->finished(done.easy.get(), code);
  done.easy.reset();
  after(std::move(done.transfer), again);
  return next;
}

void CurlLoop::after(std::unique_ptr<CurlTransfer> transfer, std::optional<Time> again) {
  if (again) waiting_.push_back({*again, std::move(transfer)});
}

int CurlLoop::poll_ms(Time now) {
  using std::chrono::ceil, std::chrono::milliseconds;
  if (std::ranges::any_of(running_, [](const Running& r) { return r.transfer->paused; })) return poll_ms_while_paused;
  Time next = now + milliseconds(longest_poll_ms);
  for (const Running& r : running_) next = std::min(next, r.transfer->gives_up_at());
  const bool place = running_.size() < options_.max_running;
  for (const Waiting& w : waiting_)
    next = std::min({next, w.transfer->gives_up_at(), place ? w.not_before : Time::max()});
  return static_cast<int>(std::max(milliseconds(0), ceil<milliseconds>(std::max(next, now) - now)).count());
}

void CurlLoop::end_all() {
  std::list<Running> running = std::move(running_);
  std::list<Waiting> waiting = std::move(waiting_);
  for (Running& r : running) {
    curl_multi_remove_handle(multi_, r.easy.get());
    r.transfer->stopped();
  }
  for (Waiting& w : waiting) w.transfer->stopped();
}

}  // namespace imcaxy::http
