#include "server/dashboard/live_stream.hpp"

#include <boost/asio/steady_timer.hpp>

namespace imcaxy::server {
namespace {

/// How soon a new sample is seen, and the server's wish to go.
constexpr auto look_again = std::chrono::milliseconds(200);

}  // namespace

Task<Result<Bytes>> LiveStream::next() {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor);
  while (told_ && from_.history.number() == *told_ && !from_.ended()) {
    timer.expires_after(look_again);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  if (from_.ended()) co_return Bytes();
  const std::uint64_t now = from_.history.number();
  const std::uint64_t news = told_ ? now - *told_ : History::most_samples;
  const std::string data = from_.event(from_.history.last(news), !told_);
  told_ = now;
  co_return Bytes::adopt("data: " + data + "\n\n");
}

}  // namespace imcaxy::server
