#include "http/connection.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <boost/asio/redirect_error.hpp>
#include <boost/beast/http/error.hpp>

#include "http/conditional.hpp"
#include "http/response_head.hpp"

namespace imcaxy::http {
namespace {

using ErrorCode = boost::system::error_code;
using HttpError = boost::beast::http::error;

constexpr std::size_t initial_buffer_bytes = 2048;
constexpr std::size_t max_refused_handshakes = 64;

/// An identifier that a client chose is kept when it can do no harm in a log or a header.
bool harmless(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  });
}

/// Bytes of the header that `text` begins with, its empty line included; 0 while that has not come. A lone line feed
/// ends a line, too, so that the parser sees what a sloppy client sends, and refuses it. `scanned`: bytes without an
/// end in them.
std::size_t header_length(std::string_view text, std::size_t scanned) {
  for (std::size_t at = text.find('\n', scanned); at != text.npos; at = text.find('\n', at + 1)) {
    const std::string_view rest = text.substr(at + 1);
    if (rest.starts_with('\n')) return at + 2;
    if (rest.starts_with("\r\n")) return at + 3;
  }
  return 0;
}

Refusal explain(const ErrorCode& error) {
  if (error == HttpError::buffer_overflow) return {414, "the request's target is too long"};
  if (error == HttpError::header_limit) return {431, "the request's header is too large"};
  if (error == HttpError::body_limit) return {413, "the request's body is too large"};
  return {400, "this is not a well-formed HTTP/1.1 request"};
}

}  // namespace

template <class Stream>
void Connection<Stream>::begin() {
  ErrorCode ignored;
  socket.non_blocking(true, ignored);
  socket.set_option(Tcp::no_delay(true), ignored);
  const auto remote = socket.remote_endpoint(ignored);
  address_ = remote.address().to_string();
  request_.remote_address = address_;
  loop_.enter(*this);
}

template <class Stream>
Connection<Stream>::~Connection() {
  server_.buffered_bytes_.fetch_sub(reserved_, std::memory_order_relaxed);
  loop_.leave(*this);
}

template <class Stream>
void Connection<Stream>::make_room() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ < capacity_) return;
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return;
  }
  const std::size_t larger = capacity_ == 0 ? initial_buffer_bytes : capacity_ * 2;
  auto grown = std::make_unique_for_overwrite<char[]>(larger);
  if (end_ > 0) std::memcpy(grown.get(), buffer_.get(), end_);
  buffer_ = std::move(grown);
  capacity_ = larger;
}

template <class Stream>
void Connection<Stream>::release_buffer() {
  if (begin_ != end_ || capacity_ <= initial_buffer_bytes) return;
  buffer_.reset();
  capacity_ = begin_ = end_ = 0;
}

template <class Stream>
Task<void> Connection<Stream>::run(std::unique_ptr<Connection> self) {
  Connection& c = *self;
  if constexpr (Stream::encrypted) {
    const bool established = co_await c.handshake();
    if (!established) co_return;
  }
  if (c.server_.connections() > c.server_.options_.max_connections) {
    co_await c.refuse(503, "too many connections");
    co_return;
  }
  const ServerOptions& options = c.server_.options_;
  while (c.keep_alive_ && !(c.server_.draining_.load(std::memory_order_relaxed) && c.begin_ == c.end_)) {
    Request& request = c.request_;
    request.headers.clear();
    request.body.clear();
    request.id.clear();
    request.target = request.path = request.query = request.method_text = {};
    request.route = request.cache_result = request.picture_kind = 0;
    request.original_bytes = request.imaginary_bytes = 0;
    const Header header = co_await c.read_header();
    if (header.refusal) {
      co_await c.refuse(header.refusal->status, header.refusal->reason);
      co_return;
    }
    if (header.bytes == 0) {
      c.stream_.say_goodbye();
      co_return;
    }
    RequestParser parser(request, options.limits);
    ErrorCode error;
    c.begin_ += parser.put(asio::const_buffer(c.buffer_.get() + c.begin_, header.bytes), error);
    if (error || !parser.is_header_done()) {
      const Refusal refusal = explain(error);
      co_await c.refuse(refusal.status, refusal.reason);
      co_return;
    }
    // RFC 9112 section 6.3: where such a body ends nobody knows, and its bytes must not be taken for the next request.
    if (!parser.chunked() && request.header("Transfer-Encoding")) {
      co_await c.refuse(400, "the last Transfer-Encoding has to be chunked");
      co_return;
    }
    if (parser.has_body()) {
      const Read read = co_await c.read_body(parser);
      if (read != Read::complete) co_return;
    }
    c.idle = false;
    c.deadline = Steady::time_point::max();
    request.keep_alive = parser.keep_alive();
    c.keep_alive_ = request.keep_alive && !std::exchange(c.pipelined_behind_body_, false);
    const auto started = Steady::now();
    const auto wanted = request.header("X-Request-Id");
    if (wanted && harmless(*wanted)) {
      request.id = *wanted;
    } else {
      c.loop_.next_request_id(request.id);
    }

    c.sent_status_ = 0;
    c.sent_bytes_ = 0;
    bool written = false;
    Handler::Reply reply = c.server_.handler_.handle(request);
    if (auto* ready = std::get_if<Response>(&reply)) {
      std::string head_rest;
      Bytes body_rest;
      if (!ready->stream && c.write_now(*ready, head_rest, body_rest)) {
        written = true;
      } else if (!ready->stream) {
        written = co_await c.write_rest(std::move(head_rest), std::move(body_rest));
      } else {
        written = co_await c.write(std::move(*ready));
      }
    } else {
      Response later;
      try {
        later = co_await std::get<Task<Response>>(std::move(reply));
      } catch (const std::exception& e) {
        spdlog::error("request {}: {}", request.id, e.what());
        later = c.server_.handler_.refuse(500, "the server failed to answer; its log says why");
      }
      written = co_await c.write(std::move(later));
    }
    c.server_.handler_.answered(request, c.sent_status_, c.sent_bytes_, Steady::now() - started);
    if (c.reserved_ > 0) {
      c.server_.buffered_bytes_.fetch_sub(std::exchange(c.reserved_, 0), std::memory_order_relaxed);
      std::string().swap(request.body);
    }
    if (!written) co_return;
    c.idle = true;
  }
  c.stream_.say_goodbye();
  ErrorCode ignored;
  c.socket.shutdown(Tcp::socket::shutdown_send, ignored);
}

template <class Stream>
Task<bool> Connection<Stream>::handshake() requires Stream::encrypted {
  // It costs far more than the refusal behind it: beyond a few there is neither.
  if (server_.connections() > server_.options_.max_connections + max_refused_handshakes) co_return false;
  deadline = Steady::now() + server_.options_.header_timeout;
  const typename Stream::Handshake handshake = co_await stream_.handshake();
  deadline = Steady::time_point::max();
  if (handshake.done) {
    timed_out = false;
    co_return true;
  }
  spdlog::debug("TLS handshake with {} failed: {}", address_,
                timed_out ? std::string_view("it did not end in time") : handshake.reason);
  if (handshake.plain_http) co_await refuse_plain_http();
  co_return false;
}

template <class Stream>
Task<void> Connection<Stream>::refuse_plain_http() requires Stream::encrypted {
  loop_.next_request_id(request_.id);
  const auto started = Steady::now();
  const Response response = server_.handler_.refuse(400, "this port speaks HTTPS only: ask with https://");
  const PreparedAnswer answer = prepare_answer(request_, response, false, loop_.date_line(), loop_.head_scratch());
  PlainStream plain(socket);
  const TwoParts parts{asio::buffer(loop_.head_scratch()), asio::buffer(answer.body.view())};
  ErrorCode error;
  // It is short and the first on this connection: it fits, or the client has gone.
  plain.write_some(parts, error);
  server_.handler_.answered(request_, answer.status, error ? 0 : answer.body.size(), Steady::now() - started);
  co_await linger();
}

template <class Stream>
auto Connection<Stream>::read_header() -> Task<Header> {
  const ServerOptions& options = server_.options_;
  for (std::size_t scanned = 0;;) {
    while (begin_ < end_ && scanned == 0 && (buffer_[begin_] == '\r' || buffer_[begin_] == '\n')) ++begin_;
    const std::string_view pending(buffer_.get() + begin_, end_ - begin_);
    if (pending.empty()) {
      idle = true;
      release_buffer();
      deadline = Steady::now() + options.idle_timeout;
    } else {
      if (std::exchange(idle, false)) deadline = Steady::now() + options.header_timeout;
      if (const std::size_t bytes = header_length(pending, scanned); bytes > 0) co_return Header{bytes, {}};
      scanned = pending.size() < 3 ? 0 : pending.size() - 3;
      if (pending.size() >= options.limits.max_header_bytes) {
        const bool target_only = pending.find('\n') == pending.npos;
        co_return Header{0, explain(target_only ? HttpError::buffer_overflow : HttpError::header_limit)};
      }
    }
    make_room();
    ErrorCode error;
    end_ += co_await stream_.read_some(asio::buffer(buffer_.get() + end_, capacity_ - end_), error);
    if (!error) continue;
    if (timed_out && !idle) co_return Header{0, Refusal{408, "the request's header did not come in time"}};
    co_return Header{};
  }
}

template <class Stream>
auto Connection<Stream>::read_body(RequestParser& parser) -> Task<Read> {
  const ServerOptions& options = server_.options_;
  const std::uint64_t allowed = server_.handler_.max_body_bytes(request_);
  const std::uint64_t announced = parser.content_length().value_or(0);
  if (announced > allowed) {
    co_await refuse(413, fmt::format("the request's body is too large: at most {} bytes are allowed here", allowed));
    co_return Read::refused;
  }
  // A body of unknown length is counted with what it may become.
  reserved_ = announced > 0 ? announced : allowed;
  if (server_.buffered_bytes_.fetch_add(reserved_, std::memory_order_relaxed) + reserved_ >
      options.max_buffered_bytes) {
    co_await refuse(503, "too many uploads at once; try again in a moment");
    co_return Read::refused;
  }
  parser.set_max_body(allowed);
  parser.eager(true);
  request_.body.reserve(announced);
  deadline = Steady::now() + options.body_timeout;
  if (const auto expect = request_.header("Expect"); expect && *expect == "100-continue" && begin_ == end_) {
    ErrorCode error;
    const TwoParts go_on{asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), {}};
    co_await stream_.write(go_on, error);
    if (error) co_return Read::closed;
  }
  // The header's views point into buffer_: what follows goes through a block of its own.
  constexpr std::size_t block_bytes = 65536;
  std::unique_ptr<char[]> block;
  std::size_t held = 0;
  while (!parser.is_done()) {
    ErrorCode error;
    if (!block && !parser.waits_behind({buffer_.get() + begin_, end_ - begin_})) {
      begin_ += parser.put(asio::const_buffer(buffer_.get() + begin_, end_ - begin_), error);
      if (error == HttpError::need_more || !error) error = {};
      if (!error && !parser.is_done()) {
        block = std::make_unique_for_overwrite<char[]>(block_bytes);
        held = end_ - begin_;
        std::memcpy(block.get(), buffer_.get() + begin_, std::min(held, block_bytes));
        begin_ = end_;
      }
    } else {
      if (!block) {
        block = std::make_unique_for_overwrite<char[]>(block_bytes);
        held = end_ - begin_;
        std::memcpy(block.get(), buffer_.get() + begin_, held);
        begin_ = end_;
      }
      const std::size_t got = co_await stream_.read_some(asio::buffer(block.get() + held, block_bytes - held), error);
      if (error) {
        if (timed_out) co_await refuse(408, "the request's body did not come in time");
        co_return Read::closed;
      }
      held += got;
      if (parser.waits_behind({block.get(), held})) continue;
      const std::size_t used = parser.put(asio::const_buffer(block.get(), held), error);
      if (error == HttpError::need_more) error = {};
      held -= used;
      std::memmove(block.get(), block.get() + used, held);
      if (!error && held == block_bytes) error = HttpError::bad_chunk;
    }
    if (error) {
      const Refusal refusal = explain(error);
      co_await refuse(refusal.status, refusal.reason);
      co_return Read::refused;
    }
  }
  // Pipelined bytes behind the body can't go back in front of the header's views: the client has to ask again.
  pipelined_behind_body_ = held > 0;
  co_return Read::complete;
}

template <class Stream>
Task<void> Connection<Stream>::refuse(unsigned status, std::string_view reason) {
  request_.method = Method::get;
  request_.keep_alive = keep_alive_ = false;
  request_.headers.clear();
  if (request_.id.empty()) loop_.next_request_id(request_.id);
  timed_out = false;
  const auto started = Steady::now();
  co_await write(server_.handler_.refuse(status, reason));
  server_.handler_.answered(request_, sent_status_, sent_bytes_, Steady::now() - started);
  co_await linger();
}

template <class Stream>
bool Connection<Stream>::write_now(Response& response, std::string& rest, Bytes& body_rest) {
  if (server_.draining_.load(std::memory_order_relaxed)) keep_alive_ = false;
  const PreparedAnswer answer =
      prepare_answer(request_, response, keep_alive_, loop_.date_line(), loop_.head_scratch());
  sent_status_ = answer.status;
  const std::string& head = loop_.head_scratch();
  const TwoParts parts{asio::buffer(head), asio::buffer(answer.body.view())};
  ErrorCode error;
  const std::size_t sent = stream_.write_some(parts, error);
  sent_bytes_ = sent > head.size() ? sent - head.size() : 0;
  if (!error && sent == head.size() + answer.body.size()) return true;
  if (sent < head.size()) rest = head.substr(sent);
  body_rest = answer.body.slice(sent > head.size() ? sent - head.size() : 0);
  return false;
}

template <class Stream>
Task<bool> Connection<Stream>::write(Response response) {
  std::unique_ptr<BodySource> source = std::move(response.stream);
  bool chunked = false;
  if (source) {
    const auto length = source->length();
    chunked = !length && request_.version >= 11;
    if (length) append_header(response.headers, "Content-Length", std::to_string(*length));
    if (chunked) response.headers += "Transfer-Encoding: chunked\r\n";
    if (!length && !chunked) keep_alive_ = false;
    response.etag = {};
  }
  std::string head_rest;
  Bytes body_rest;
  response.stream = source ? std::make_unique<OmittedBody>() : nullptr;
  if (!write_now(response, head_rest, body_rest)) {
    const bool sent = co_await write_rest(std::move(head_rest), std::move(body_rest));
    if (!sent) co_return false;
  }
  if (!source || request_.method == Method::head) co_return true;
  co_return co_await write_stream(*source, chunked);
}

template <class Stream>
Task<bool> Connection<Stream>::write_rest(std::string head, Bytes body) {
  deadline = Steady::now() + std::chrono::seconds(60) +
             std::chrono::seconds((head.size() + body.size()) / server_.options_.min_write_bytes_per_second);
  const TwoParts parts{asio::buffer(head), asio::buffer(body.view())};
  ErrorCode error;
  const std::size_t sent = co_await stream_.write(parts, error);
  sent_bytes_ += sent > head.size() ? sent - head.size() : 0;
  deadline = Steady::time_point::max();
  co_return !error;
}

template <class Stream>
Task<bool> Connection<Stream>::write_stream(BodySource& source, bool chunked) {
  for (;;) {
    const Result<Bytes> chunk = co_await source.next();
    if (!chunk) {
      // The head has gone out: only a broken connection tells the client that this is not all.
      spdlog::warn("request {}: the answer broke off: {}", request_.id, chunk.error().message);
      co_return false;
    }
    std::string frame = chunked ? fmt::format("{:x}\r\n", chunk->size()) : std::string();
    if (chunk->empty() && !chunked) co_return true;
    if (chunk->empty()) frame += "\r\n";
    const bool last = chunk->empty();
    const bool sent = co_await write_rest(std::move(frame), *chunk);
    if (!sent || last) co_return sent;
    if (!chunked) continue;
    const bool ended = co_await write_rest("\r\n", {});
    if (!ended) co_return false;
  }
}

template <class Stream>
Task<void> Connection<Stream>::linger() {
  stream_.say_goodbye();
  ErrorCode error;
  socket.shutdown(Tcp::socket::shutdown_send, error);
  deadline = Steady::now() + std::chrono::seconds(2);
  // What still comes is of no use, so it need not be decrypted either.
  std::array<char, 4096> sink;
  for (std::size_t discarded = 0; discarded < (1u << 20) && !error;)
    discarded += co_await socket.async_read_some(asio::buffer(sink), asio::redirect_error(asio::use_awaitable, error));
}

template class Connection<PlainStream>;
template class Connection<TlsStream>;

}  // namespace imcaxy::http
