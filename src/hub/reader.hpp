// Reads a stream from a coroutine.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/await.hpp"
#include "hub/stream.hpp"

namespace imcaxy::hub {

/// One reader's position in a stream. Not thread-safe; may be dropped at any time, which disturbs nobody.
/// Both calls end with a 504 error when nothing new came for `patience`.
template <class Head>
class Reader {
 public:
  explicit Reader(std::shared_ptr<Stream<Head>> stream) : stream_(std::move(stream)) {}

  /// Waits for the head; it lives as long as this reader.
  Task<Result<const Head*>> head(std::chrono::steady_clock::duration patience) {
    while (stream_->head_progress() == Progress::pending) {
      if (!co_await more(std::nullopt, patience)) co_return too_late();
    }
    if (const Head* head = stream_->head()) co_return head;
    co_return std::unexpected(stream_->error().value_or(Error{500, "the answer ended before it began", ""}));
  }

  /// The next bytes; empty at the end.
  Task<Result<Bytes>> next(std::chrono::steady_clock::duration patience) {
    Bytes chunk;
    for (;;) {
      switch (stream_->chunk(position_, chunk)) {
        case Progress::data:
          ++position_;
          co_return chunk;
        case Progress::finished:
          co_return Bytes();
        case Progress::failed:
          co_return std::unexpected(*stream_->error());
        case Progress::pending:
          if (!co_await more(position_, patience)) co_return too_late();
      }
    }
  }

  const Stream<Head>& stream() const { return *stream_; }

 private:
  Task<bool> more(std::optional<std::size_t> chunks, std::chrono::steady_clock::duration patience) {
    const std::optional<bool> woken = co_await await_callback<bool>(patience, [&](Callback<bool> wake) {
      stream_->wait_beyond(chunks, [wake = std::move(wake)]() mutable { wake(true); });
    });
    co_return woken.has_value();
  }

  static std::unexpected<Error> too_late() {
    return fail(504, "the image was not ready in time; try again, or raise IMCAXY_REQUEST_TIMEOUT_SECONDS");
  }

  std::shared_ptr<Stream<Head>> stream_;
  std::size_t position_ = 0;
};

}  // namespace imcaxy::hub
