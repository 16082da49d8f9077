#include "s3/operation.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace imcaxy::s3 {
namespace {

using Kind = Failure::Kind;
using std::chrono::milliseconds;

std::chrono::steady_clock::time_point now() {
  return std::chrono::steady_clock::now();
}

unsigned status_of(CURL* easy) {
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<unsigned>(status);
}

bool is_success(unsigned status) {
  return status >= 200 && status < 300;
}

std::string header_of(CURL* easy, const char* name) {
  curl_header* header = nullptr;
  return curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK ? header->value : "";
}

/// The digest that is base64 of 32 bytes; nothing for those of objects in parts, which are digests of digests.
std::string sha256_of(CURL* easy) {
  std::string text = header_of(easy, "x-amz-checksum-sha256");
  if (text.size() != 44) return {};
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  std::string bytes = from_base64url(text).value_or("");
  return bytes.size() == 32 ? bytes : std::string();
}

ObjectHead head_of(CURL* easy) {
  constexpr std::string_view prefix = "x-amz-meta-";
  ObjectHead head{
      .content_type = header_of(easy, "content-type"), .etag = header_of(easy, "etag"), .sha256 = sha256_of(easy)};
  curl_off_t bytes = 0;
  if (curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes) == CURLE_OK && bytes > 0)
    head.bytes = static_cast<std::uint64_t>(bytes);
  curl_header* header = nullptr;
  while ((header = curl_easy_nextheader(easy, CURLH_HEADER, -1, header))) {
    const std::string name = ascii_lower(header->name);
    if (name.starts_with(prefix)) head.metadata[name.substr(prefix.size())] = header->value;
  }
  return head;
}

bool may_go_better(Kind kind) {
  return kind == Kind::unreachable || kind == Kind::slow || kind == Kind::damaged;
}

}  // namespace

Operation::Operation(Desk& desk, Order order, std::unique_ptr<Download> download, Callback<Outcome<Reply>> done)
    : desk_(desk),
      order_(std::move(order)),
      download_(std::move(download)),
      done_(std::move(done)),
      begun_(now()),
      deadline_(begun_ + order_.first_byte_within.value_or(desk.options.timeout)) {}

void Operation::prepare(CURL* easy) {
  ++tries_;
  easy_ = easy;
  last_progress_ = now();
  upload_position_ = 0;
  answer_begun_ = text_cut_ = false;
  text_.clear();
  error_[0] = 0;
  say_what(easy);
  say_how_long(easy);
}

void Operation::say_what(CURL* easy) {
  const bool uploads = order_.body.has_value();
  Sha256 nothing;
  std::vector<std::string> headers = order_.headers;
  headers.push_back("x-amz-content-sha256: " + to_hex(uploads ? order_.body->sha256() : nothing.digest()));
  if (download_) std::ranges::move(download_->headers(), std::back_inserter(headers));
  headers_.reset();
  for (const std::string& header : headers) headers_.reset(curl_slist_append(headers_.release(), header.c_str()));

  curl_easy_setopt(easy, CURLOPT_URL, desk_.place.url(order_.key, order_.query).c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1l);  // what was signed is what is sent
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
  if (order_.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1l);
  if (uploads) {
    // Not CURLOPT_UPLOAD, with which libcurl 7.88 asks even for a few bytes whether it may go on (Expect), a round trip
    // each.
    curl_easy_setopt(easy, CURLOPT_POST, 1l);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(order_.body->size()));
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Operation::on_upload);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &Operation::on_rewind);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
  }
  if (order_.method != "HEAD") curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, order_.method.c_str());
  curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, ("aws:amz:" + desk_.place.location() + ":s3").c_str());
  curl_easy_setopt(easy, CURLOPT_USERNAME, desk_.options.access_key.c_str());
  curl_easy_setopt(easy, CURLOPT_PASSWORD, desk_.options.secret_key.c_str());
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Operation::on_answer);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

void Operation::say_how_long(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1l);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // else libcurl would read the environment
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 128l << 10);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 128l << 10);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(desk_.options.connect_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_);
  if (!desk_.certificates.empty()) {
    curl_blob blob{const_cast<char*>(desk_.certificates.data()), desk_.certificates.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &blob);
  }
}

Operation::Time Operation::gives_up_at() const {
  return easy_ ? std::min(deadline_, last_progress_ + desk_.options.stall_timeout) : deadline_;
}

std::size_t Operation::on_answer(char* data, std::size_t, std::size_t size, void* self) {
  return static_cast<Operation*>(self)->take({data, size});
}

std::size_t Operation::on_upload(char* into, std::size_t, std::size_t size, void* self) {
  Operation& op = *static_cast<Operation*>(self);
  op.last_progress_ = now();
  const std::ptrdiff_t got = op.order_.body->read(op.upload_position_, into, size);
  if (got < 0 || (got == 0 && op.upload_position_ < op.order_.body->size())) {
    op.own_failure_ =
        Failure{Kind::invalid, fmt::format("what is to be sent can't be read: {}",
                                           got < 0 ? std::strerror(errno) : "the file has become shorter")};
    return CURL_READFUNC_ABORT;
  }
  op.upload_position_ += static_cast<std::uint64_t>(got);
  op.desk_.stats.bytes_sent += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

int Operation::on_rewind(void* self, curl_off_t offset, int origin) {
  if (origin != SEEK_SET) return CURL_SEEKFUNC_FAIL;
  static_cast<Operation*>(self)->upload_position_ = static_cast<std::uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::size_t Operation::take(std::string_view data) {
  last_progress_ = now();
  desk_.stats.bytes_received += data.size();
  const bool success = is_success(status_of(easy_));
  if (download_ && success) {
    Outcome<void> taken = begin_answer();
    if (taken) taken = download_->take(data);
    if (taken) return data.size();
    own_failure_ = std::move(taken.error());
    return CURL_WRITEFUNC_ERROR;
  }
  if (text_.size() + data.size() > order_.max_text) {
    if (success) own_failure_ = Failure{Kind::invalid, "its answer is longer than any that makes sense"};
    text_cut_ = true;
    return CURL_WRITEFUNC_ERROR;
  }
  text_ += data;
  return data.size();
}

Outcome<void> Operation::begin_answer() {
  if (std::exchange(answer_begun_, true)) return {};
  deadline_ = begun_ + desk_.options.timeout;
  return download_->begin(head_of(easy_), status_of(easy_), header_of(easy_, "content-range"));
}

std::optional<Operation::Time> Operation::finished(CURL* easy, CURLcode code) {
  Outcome<Reply> outcome = outcome_of(easy, code);
  tell_breaker(outcome, easy != nullptr);
  easy_ = nullptr;
  if (!outcome) {
    const bool of_our_own = std::exchange(own_failure_, std::nullopt).has_value();
    if (easy && !of_our_own)
      if (const auto again = time_of_next_try(outcome.error())) return again;
  }
  end(std::move(outcome));
  return std::nullopt;
}

Outcome<Reply> Operation::outcome_of(CURL* easy, CURLcode code) {
  if (!easy) {
    if (last_failure_) return std::unexpected(*last_failure_);
    return failed(Kind::slow, "its time was over before it had its turn");
  }
  if (own_failure_) return std::unexpected(*own_failure_);
  const bool got_all = text_cut_ || (download_ && answer_begun_ && download_->complete());
  if (code != CURLE_OK && !got_all) return std::unexpected(failure_of_curl(easy, code));
  if (const unsigned status = status_of(easy); !is_success(status)) {
    Failure failure = failure_of(status, text_, header_of(easy, "x-minio-error-code"));
    failure.text = desk_.place.endpoint() + ": " + failure.text;
    return std::unexpected(std::move(failure));
  }
  if (!download_) return Reply{head_of(easy), std::move(text_)};
  Outcome<void> whole = begin_answer();
  if (whole) whole = download_->end();
  if (whole) return Reply{download_->head(), {}};
  own_failure_ = std::move(whole.error());
  return std::unexpected(*own_failure_);
}

Failure Operation::failure_of_curl(CURL* easy, CURLcode code) const {
  const std::string& endpoint = desk_.place.endpoint();
  const char* text = error_[0] ? error_ : curl_easy_strerror(code);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    curl_off_t ready = 0;
    curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready);
    if (ready == 0) return {Kind::unreachable, fmt::format("{} can't be reached: no connection in time", endpoint)};
    return {Kind::slow, fmt::format("{} is too slow: {}", endpoint,
                                    now() >= deadline_ ? "its time was over" : "it has stopped to answer")};
  }
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
    return {Kind::untrusted,
            fmt::format("the certificate of {} is not trusted ({}): name the file of those that vouch for it", endpoint,
                        text)};
  if (code == CURLE_SSL_CONNECT_ERROR)
    return {Kind::unreachable, fmt::format("{} can't be reached with TLS ({}): does it speak it?", endpoint, text)};
  return {Kind::unreachable, fmt::format("{} can't be reached: {}", endpoint, text)};
}

void Operation::tell_breaker(const Outcome<Reply>& outcome, bool asked) {
  if (outcome) return desk_.breaker.worked();
  if (!asked) return desk_.breaker.unknown();
  switch (outcome.error().kind) {
    case Kind::unreachable:
    case Kind::slow:
    case Kind::refused:
    case Kind::untrusted:
    case Kind::wrong_location:
      return desk_.breaker.failed(now());
    case Kind::not_found:
    case Kind::no_bucket:
    case Kind::full:
    case Kind::damaged:
    case Kind::too_large:
      return desk_.breaker.worked();
    case Kind::invalid:
    case Kind::left_alone:
    case Kind::stopped:
      return desk_.breaker.unknown();
  }
}

std::optional<Operation::Time> Operation::time_of_next_try(const Failure& failure) {
  if (!may_go_better(failure.kind) || tries_ >= desk_.options.tries) return std::nullopt;
  const milliseconds longest =
      std::min(desk_.options.longest_backoff / 20 * (1 << std::min(tries_, 16u)), desk_.options.longest_backoff);
  std::uniform_int_distribution<milliseconds::rep> pause(0, longest.count());
  const Time at = now() + milliseconds(pause(desk_.random));
  if (at >= deadline_ || !desk_.breaker.admit(now())) return std::nullopt;
  ++desk_.stats.retries;
  last_failure_ = failure;
  return at;
}

void Operation::stopped() {
  end(failed(Kind::stopped, "the server is stopping"));
}

void Operation::end(Outcome<Reply> outcome) {
  if (!outcome) ++desk_.stats.failures;
  --desk_.stats.under_way;
  done_(std::move(outcome));
}

}  // namespace imcaxy::s3
