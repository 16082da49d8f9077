#include "http/client.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "http/curl_loop.hpp"

namespace imcaxy::http {
namespace {

using Budget = std::atomic<std::uint64_t>;

/// Of all header lines of an answer together: libcurl bounds each, but keeps any number of them.
constexpr std::size_t max_header_bytes = 256u << 10;

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

/// What the last answer's Content-Length says; 0 when it does not.
std::uint64_t announced_bytes(CURL* easy) {
  curl_header* header = nullptr;
  if (curl_easy_header(easy, "Content-Length", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return 0;
  std::uint64_t bytes = 0;
  const std::string_view text = header->value;
  std::from_chars(text.data(), text.data() + text.size(), bytes);
  return bytes;
}

/// Of the whole body as it will be given out; nothing where only its end tells.
std::optional<std::uint64_t> body_length(CURL* easy) {
  curl_header* header = nullptr;
  const bool encoded = curl_easy_header(easy, "Content-Encoding", 0, CURLH_HEADER, -1, &header) == CURLHE_OK;
  if (encoded || curl_easy_header(easy, "Content-Length", 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
    return std::nullopt;
  return announced_bytes(easy);
}

unsigned status_of(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<unsigned>(status);
}

std::string content_type_of(CURL* easy) {
  char* type = nullptr;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
  return type ? type : "";
}

/// All lines of that name as one; empty when there is none.
std::string header_of(CURL* easy, const char* name) {
  std::string out;
  curl_header* header = nullptr;
  for (std::size_t i = 0; curl_easy_header(easy, name, i, CURLH_HEADER, -1, &header) == CURLHE_OK; ++i)
    out.append(i > 0 ? ", " : "").append(header->value);
  return out;
}

CacheHeaders cache_headers_of(CURL* easy) {
  return {.etag = header_of(easy, "ETag"),
          .last_modified = header_of(easy, "Last-Modified"),
          .cache_control = header_of(easy, "Cache-Control"),
          .expires = header_of(easy, "Expires"),
          .date = header_of(easy, "Date"),
          .age = header_of(easy, "Age")};
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

}  // namespace

/// What all transfers of a client share.
class Client::Worker {
 public:
  explicit Worker(ClientOptions options)
      : options_(std::move(options)),
        budget_(std::make_shared<Budget>(0)),
        loop_({.thread_name = "http-client", .max_connections = options_.max_transfers}) {}

  void stop() { loop_.stop(); }
  void add(ClientRequest request, Callback<Outcome> done);

  const ClientStats& stats() const { return stats_; }
  std::uint64_t buffered_bytes() const { return *budget_; }

 private:
  friend struct Client::Transfer;

  const ClientOptions options_;
  const std::shared_ptr<Budget> budget_;  // bodies may outlive the client
  ClientStats stats_;
  CurlLoop loop_;  // last: its transfers use the rest
};

/// One request, from its order to its answer.
struct Client::Transfer final : CurlTransfer {
  Transfer(Worker& w, ClientRequest r, Callback<Outcome> d)
      : worker(w),
        request(std::move(r)),
        done(std::move(d)),
        deadline(std::chrono::steady_clock::now() + request.timeout) {}

  void prepare(CURL* easy) override {
    if (!retried) ++worker.stats_.running;
    handle = easy;
    body = std::make_shared<Body>(worker.budget_);
    header_bytes = received = 0;
    headers.reset();
    for (const std::string& header : request.headers)
      headers.reset(curl_slist_append(headers.release(), header.c_str()));
    // Who sends a body has been asked for it: no pause until the other side says so. libcurl would sign this line.
    if (!request.body.empty() && request.signature.empty())
      headers.reset(curl_slist_append(headers.release(), "Expect:"));
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const long timeout_ms = std::max(1l, static_cast<long>(left.count()));

    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    set_method(easy, request);
    sign(easy, request);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1l);
    if (request.any_certificate) {
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0l);
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0l);
    }
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // else libcurl would read the environment
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, std::min(timeout_ms, 10000l));
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(request.max_bytes));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_connect);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  }

  std::optional<Time> finished(CURL* easy, CURLcode code) override {
    if (is_broken_connection(code) && !retried && !too_large && !begun) {
      retried = true;
      ++worker.stats_.retries;
      return Time::min();
    }
    --worker.stats_.running;
    done(outcome_of(easy, code));
    return std::nullopt;
  }

  void stopped() override {
    done(std::unexpected(ClientFailure{ClientFailure::Kind::stopped, "the server is stopping"}));
  }

 private:
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
    return static_cast<Transfer*>(user)->append({data, size});
  }
  static std::size_t on_header(char*, std::size_t, std::size_t size, void* user) {
    Transfer& transfer = *static_cast<Transfer*>(user);
    transfer.header_bytes += size;
    return transfer.header_bytes <= max_header_bytes ? size : 0;
  }
  static curl_socket_t on_connect(void* user, curlsocktype, curl_sockaddr* address) {
    Transfer& transfer = *static_cast<Transfer*>(user);
    const auto ip = to_address(&address->addr);
    if (!ip || !transfer.worker.options_.addresses.allows(*ip)) {
      transfer.address_refused = true;
      return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  }

  std::size_t append(std::string_view data) {
    if (received + data.size() > request.max_bytes) {
      too_large = true;
      return CURL_WRITEFUNC_ERROR;
    }
    if (*worker.budget_ + data.size() > worker.options_.max_buffered_bytes && !worker.loop_.is_oldest(*this)) {
      paused = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    received += data.size();
    if (request.sink && status_of(handle) == 200) {
      hand_on(data);
    } else {
      if (body->bytes.empty()) body->bytes.reserve(std::min(announced_bytes(handle), request.max_bytes));
      add_to(*body, data);
    }
    return data.size();
  }

  void add_to(Body& to, std::string_view data) {
    to.bytes += data;
    *worker.budget_ += data.size();
  }

  void begin() {
    if (std::exchange(begun, true)) return;
    request.sink->begin(content_type_of(handle), body_length(handle));
  }
  void hand_on(std::string_view data) {
    begin();
    const auto piece = std::make_shared<Body>(worker.budget_);
    add_to(*piece, data);
    request.sink->more(Bytes::wrap(piece->bytes, piece));
  }

  Outcome outcome_of(CURL* easy, CURLcode code) {
    if (code != CURLE_OK) return std::unexpected(failure_of(easy, code));
    if (request.sink && status_of(easy) == 200) begin();  // also of what has no bytes at all
    char* redirect = nullptr;
    curl_easy_getinfo(easy, CURLINFO_REDIRECT_URL, &redirect);
    return ClientResponse{status_of(easy),   content_type_of(easy),          redirect ? redirect : "",
                          retry_after(easy), Bytes::wrap(body->bytes, body), cache_headers_of(easy)};
  }

  ClientFailure failure_of(CURL* easy, CURLcode code) const {
    using Kind = ClientFailure::Kind;
    if (address_refused && code == CURLE_COULDNT_CONNECT) return {Kind::refused_address, "the address is not public"};
    if (too_large || code == CURLE_FILESIZE_EXCEEDED) return {Kind::too_large, "too large", announced_bytes(easy)};
    if (header_bytes > max_header_bytes) return {Kind::unreachable, "the header of the answer is too large"};
    if (code == CURLE_OPERATION_TIMEDOUT) return {Kind::timeout, curl_easy_strerror(code)};
    // The URL's own scheme was checked before: another protocol is what the source answered with, or redirected to.
    if (code == CURLE_URL_MALFORMAT) return {Kind::invalid, curl_easy_strerror(code)};
    return {Kind::unreachable, curl_easy_strerror(code)};
  }

  Worker& worker;
  const ClientRequest request;
  Callback<Outcome> done;
  const std::chrono::steady_clock::time_point deadline;
  CURL* handle = nullptr;
  std::unique_ptr<curl_slist, SlistEnd> headers;
  std::shared_ptr<Body> body;
  std::size_t header_bytes = 0;
  std::uint64_t received = 0;  ///< of the body, of this try
  bool address_refused = false, too_large = false, retried = false;
  bool begun = false;  ///< the sink has
};

void Client::Worker::add(ClientRequest request, Callback<Outcome> done) {
  loop_.add(std::make_unique<Transfer>(*this, std::move(request), std::move(done)));
}

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
