#include "server/cdn_purge.hpp"

#include <atomic>
#include <memory>

#include <spdlog/spdlog.h>

namespace imcaxy::server {
namespace {

constexpr auto patience = std::chrono::seconds(10);

/// All of them at once; the client has its own bound on connections.
struct Round {
  std::atomic<std::size_t> left, failed = 0;
  Callback<std::size_t> done;

  void ended(bool well) {
    if (!well) ++failed;
    if (--left == 0) done(failed);
  }
};

}  // namespace

Task<std::size_t> CdnPurge::purge(std::vector<std::string> paths) {
  if (!enabled() || paths.empty()) co_return 0;
  auto start = [&](Callback<std::size_t> done) {
    auto round = std::make_shared<Round>();
    round->left = paths.size();
    round->done = std::move(done);
    for (const std::string& path : paths) {
      http::ClientRequest request{
          .method = "PURGE", .url = options_.url + path, .headers = {}, .max_bytes = 65536, .timeout = patience};
      if (!options_.header.empty()) request.headers.push_back(options_.header);
      client_.send(std::move(request), [round, path](http::Client::Outcome outcome) {
        const bool well = outcome && outcome->status < 400;
        if (!well)
          spdlog::warn("the CDN did not purge {}: {}", path,
                       outcome ? "status " + std::to_string(outcome->status) : outcome.error().text);
        round->ended(well);
      });
    }
  };
  const auto failed = co_await await_callback<std::size_t>(patience * 3, std::move(start));
  co_return failed.value_or(paths.size());
}

}  // namespace imcaxy::server
