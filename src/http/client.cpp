#include "http/client.hpp"

#include <pthread.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <list>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <curl/curl.h>
#include <spdlog/spdlog.h>

namespace imcaxy::http {
namespace {

constexpr int poll_ms = 1000;
constexpr int poll_ms_while_paused = 20;
/// Of all header lines of an answer together: libcurl bounds each, but keeps any number of them.
constexpr std::size_t max_header_bytes = 256u << 10;

using Budget = std::atomic<std::uint64_t>;

/// A body and its share of the budget.
struct Body {
  explicit Body(std::shared_ptr<Budget> b) : budget(std::move(b)) {}
  ~Body() { *budget -= bytes.size(); }
  Body(const Body&) = delete;
  Body& operator=(const Body&) = delete;

  std::shared_ptr<Budget> budget;
  std::string bytes;
};

struct SlistEnd {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct EasyEnd {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

}  // namespace

/// One request, from its order to its answer. Belongs to the client's thread.
struct Client::Transfer {
  Worker* worker;
  ClientRequest request;
  Callback<Client::Outcome> done;
  std::chrono::steady_clock::time_point deadline;
  std::unique_ptr<CURL, EasyEnd> easy;
  std::unique_ptr<curl_slist, SlistEnd> headers;
  std::shared_ptr<Body> body;
  std::size_t header_bytes = 0;
  bool address_refused = false, too_large = false, paused = false, retried = false;
};

namespace {

/// What the last answer's Content-Length says; 0 when it does not.
std::uint64_t announced_bytes(CURL* easy) {
  curl_header* header = nullptr;
  if (curl_easy_header(easy, "Content-Length", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return 0;
  std::uint64_t bytes = 0;
  const std::string_view text = header->value;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  return bytes;
}

/// Until when the server wants to be left alone. Dates in the past are now.
std::optional<std::chrono::seconds> retry_after(CURL* easy) {
  curl_off_t seconds = 0;
  curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &seconds);
  if (seconds <= 0) return std::nullopt;
  return std::chrono::seconds(seconds);
}

bool is_broken_connection(CURLcode code) {
  return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 ||
         code == CURLE_HTTP2_STREAM || code == CURLE_PARTIAL_FILE;
}

std::optional<IpAddress> to_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    return asio::ip::address_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 v6;
  std::memcpy(&v6, address, sizeof v6);
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes);
}

/// Method and body, which has to stay where it is.
void set_method(CURL* easy, const ClientRequest& request) {
  if (!request.body.empty()) {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  if (request.method != "GET" || !request.body.empty())
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void sign(CURL* easy, const ClientRequest& request) {
  if (request.signature.empty()) return;
  curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, request.signature.c_str());
  curl_easy_setopt(easy, CURLOPT_USERPWD, request.credentials.c_str());
}

/// Before the first handle is made, once.
void start_curl() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) spdlog::critical("libcurl can't start: {}", curl_easy_strerror(started));
}

}  // namespace

class Client::Worker {
 public:
  explicit Worker(ClientOptions options) : options_(std::move(options)), budget_(std::make_shared<Budget>(0)) {
    start_curl();
    multi_ = curl_multi_init();
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(options_.max_transfers));
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_transfers));
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "http-client");
  }

  ~Worker() {
    stop();
    curl_multi_cleanup(multi_);
  }

  void stop() {
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return;
      stopping_ = true;
    }
    curl_multi_wakeup(multi_);
    thread_.join();
  }

  void add(ClientRequest request, Callback<Outcome> done) {
    auto transfer = std::make_unique<Transfer>();
    transfer->worker = this;
    transfer->deadline = std::chrono::steady_clock::now() + request.timeout;
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    bool refused = false;
    {
      std::lock_guard lock(mutex_);
      refused = stopping_;
      if (!refused) incoming_.push_back(std::move(transfer));
    }
    if (refused) return transfer->done(std::unexpected(stopped()));
    curl_multi_wakeup(multi_);
  }

  const ClientStats& stats() const { return stats_; }
  std::uint64_t buffered_bytes() const { return *budget_; }

 private:
  static ClientFailure stopped() { return {ClientFailure::Kind::stopped, "the server is stopping"}; }

  void run() {
    while (take_new()) {
      int running = 0;
      curl_multi_perform(multi_, &running);
      finish_done();
      resume_paused();
      const bool any_paused = std::ranges::any_of(active_, [](const auto& t) { return t->paused; });
      curl_multi_poll(multi_, nullptr, 0, any_paused ? poll_ms_while_paused : poll_ms, nullptr);
    }
    for (auto& transfer : active_) {
      curl_multi_remove_handle(multi_, transfer->easy.get());
      transfer->done(std::unexpected(stopped()));
    }
    active_.clear();
  }

  /// False when it is time to end.
  bool take_new() {
    std::list<std::unique_ptr<Transfer>> taken;
    bool stopping = false;
    {
      std::lock_guard lock(mutex_);
      taken.swap(incoming_);
      stopping = stopping_;
    }
    for (auto& transfer : taken) {
      prepare(*transfer);
      curl_multi_add_handle(multi_, transfer->easy.get());
      active_.push_back(std::move(transfer));
      ++stats_.running;
    }
    return !stopping;
  }

  void prepare(Transfer& transfer) {
    transfer.easy.reset(curl_easy_init());
    transfer.body = std::make_shared<Body>(budget_);
    transfer.header_bytes = 0;
    CURL* easy = transfer.easy.get();
    for (const std::string& header : transfer.request.headers)
      transfer.headers.reset(curl_slist_append(transfer.headers.release(), header.c_str()));
    // Who sends a body has been asked for it: no pause until the other side says so. libcurl would sign this line.
    if (!transfer.request.body.empty() && transfer.request.signature.empty())
      transfer.headers.reset(curl_slist_append(transfer.headers.release(), "Expect:"));
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(transfer.deadline - std::chrono::steady_clock::now());
    const long timeout_ms = std::max(1l, static_cast<long>(left.count()));

    curl_easy_setopt(easy, CURLOPT_URL, transfer.request.url.c_str());
    set_method(easy, transfer.request);
    sign(easy, transfer.request);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1l);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // else libcurl would read the environment
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout_ms, 10000l));
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(transfer.request.max_bytes));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Worker::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Worker::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Worker::on_connect);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  }

  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
    Transfer& transfer = *static_cast<Transfer*>(user);
    return transfer.worker->append(transfer, {data, size});
  }
  static std::size_t on_header(char*, std::size_t, std::size_t size, void* user) {
    Transfer& transfer = *static_cast<Transfer*>(user);
    transfer.header_bytes += size;
    return transfer.header_bytes <= max_header_bytes ? size : 0;
  }
  static curl_socket_t on_connect(void* user, curlsocktype, curl_sockaddr* address) {
    Transfer& transfer = *static_cast<Transfer*>(user);
    const auto ip = to_address(&address->addr);
    if (!ip || !transfer.worker->options_.addresses.allows(*ip)) {
      transfer.address_refused = true;
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  std::size_t append(Transfer& transfer, std::string_view data) {
    std::string& bytes = transfer.body->bytes;
    if (bytes.size() + data.size() > transfer.request.max_bytes) {
      transfer.too_large = true;
      return CURL_WRITEFUNC_ERROR;
    }
    if (*budget_ + data.size() > options_.max_buffered_bytes && &transfer != active_.front().get()) {
      transfer.paused = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    if (bytes.empty()) bytes.reserve(std::min(announced_bytes(transfer.easy.get()), transfer.request.max_bytes));
    bytes += data;
    *budget_ += data.size();
    return data.size();
  }

  /// Those that had to wait for memory try again; who still gets none pauses again.
  void resume_paused() {
    for (auto& transfer : active_)
      if (std::exchange(transfer->paused, false)) curl_easy_pause(transfer->easy.get(), CURLPAUSE_CONT);
  }

  void finish_done() {
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      const auto found =
          std::ranges::find_if(active_, [&](const auto& t) { return t->easy.get() == message->easy_handle; });
      curl_multi_remove_handle(multi_, message->easy_handle);
      std::unique_ptr<Transfer> transfer = std::move(*found);
      active_.erase(found);
      --stats_.running;
      if (is_broken_connection(code) && !transfer->retried && !transfer->too_large) {
        transfer->retried = true;
        ++stats_.retries;
        std::lock_guard lock(mutex_);
        incoming_.push_back(std::move(transfer));
        curl_multi_wakeup(multi_);
        continue;
      }
      transfer->done(outcome_of(*transfer, code));
    }
  }

  static Outcome outcome_of(Transfer& transfer, CURLcode code) {
    CURL* easy = transfer.easy.get();
    if (code != CURLE_OK) return std::unexpected(failure_of(transfer, code));
    long status = 0;
    char* type = nullptr;
    char* redirect = nullptr;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &redirect);
    const std::shared_ptr<Body> body = transfer.body;
    return ClientResponse{static_cast<unsigned>(status), type ? type : "", redirect ? redirect : "", retry_after(easy),
                          Bytes::wrap(body->bytes, body)};
  }

  static ClientFailure failure_of(Transfer& transfer, CURLcode code) {
    using Kind = ClientFailure::Kind;
    if (transfer.address_refused && code == CURLE_COULDNT_CONNECT)
      return {Kind::refused_address, "the address is not public"};
    if (transfer.too_large || code == CURLE_FILESIZE_EXCEEDED) {
      return {Kind::too_large, "too large", announced_bytes(transfer.easy.get())};
    }
    if (transfer.header_bytes > max_header_bytes) return {Kind::unreachable, "the header of the answer is too large"};
    if (code == CURLE_OPERATION_TIMEDOUT) return {Kind::timeout, curl_easy_strerror(code)};
    // The URL's own scheme was checked before: another protocol is what the source answered with, or redirected to.
    if (code == CURLE_URL_MALFORMAT) return {Kind::invalid, curl_easy_strerror(code)};
    return {Kind::unreachable, curl_easy_strerror(code)};
  }

  const ClientOptions options_;
  const std::shared_ptr<Budget> budget_;  // bodies may outlive the client
  ClientStats stats_;
  CURLM* multi_ = nullptr;
  std::list<std::unique_ptr<Transfer>> active_;  // the oldest in front; the thread's own
  std::mutex mutex_;                             // guards what follows
  std::list<std::unique_ptr<Transfer>> incoming_;
  bool stopping_ = false;
  std::thread thread_;
};

Client::Client(ClientOptions options) : worker_(std::make_unique<Worker>(std::move(options))) {}
Client::~Client() = default;
void Client::stop() {
  worker_->stop();
}
void Client::send(ClientRequest request, Callback<Outcome> done) {
  worker_->add(std::move(request), std::move(done));
}
const ClientStats& Client::stats() const {
  return worker_->stats();
}
std::uint64_t Client::buffered_bytes() const {
  return worker_->buffered_bytes();
}

}  // namespace imcaxy::http
