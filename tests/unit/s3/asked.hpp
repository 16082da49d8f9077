// Asks a client and waits for its answer.
#pragma once

#include <future>
#include <string>

#include "s3/client.hpp"

namespace imcaxy::s3::test {

template <class T, class Ask>
Outcome<T> wait_for(Ask ask) {
  auto promise = std::make_shared<std::promise<Outcome<T>>>();
  auto future = promise->get_future();
  ask([promise](Outcome<T> outcome) { promise->set_value(std::move(outcome)); });
  if (future.wait_for(std::chrono::seconds(60)) != std::future_status::ready)
    return failed(Failure::Kind::stopped, "the test waited for a minute");
  return future.get();
}

/// Nothing of a success.
template <class T>
std::optional<Failure::Kind> kind_of(const Outcome<T>& outcome) {
  return outcome ? std::nullopt : std::optional(outcome.error().kind);
}

inline Outcome<void> ensure_bucket(Client& client) {
  return wait_for<void>([&](auto done) { client.ensure_bucket(std::move(done)); });
}
inline Outcome<void> put(Client& client, const std::string& key, UploadBody body, Metadata metadata = {}) {
  return wait_for<void>([&](auto done) {
    client.put({.key = key, .body = std::move(body), .content_type = "image/png", .metadata = std::move(metadata)},
               std::move(done));
  });
}
inline Outcome<void> put(Client& client, const std::string& key, const std::string& text) {
  return put(client, key, UploadBody::of(Bytes::copy(text)));
}
inline Outcome<ObjectHead> head(Client& client, const std::string& key) {
  return wait_for<ObjectHead>([&](auto done) { client.head(key, std::move(done)); });
}
inline Outcome<std::vector<Undeleted>> remove(Client& client, std::vector<std::string> keys) {
  return wait_for<std::vector<Undeleted>>([&](auto done) { client.remove(std::move(keys), std::move(done)); });
}
inline Outcome<ListPage> list(Client& client, const ListRequest& request = {}) {
  return wait_for<ListPage>([&](auto done) { client.list(request, std::move(done)); });
}

/// A whole download, and what its reader saw.
struct Got {
  Outcome<ObjectHead> outcome = failed(Failure::Kind::stopped, "");
  int heads = 0, chunks = 0;
  std::string body;
};
inline Got get(Client& client, GetRequest request) {
  auto got = std::make_shared<Got>();
  request.on_head = [got](const ObjectHead&) { ++got->heads; };
  request.on_bytes = [got](std::string_view bytes) {
    ++got->chunks;
    got->body += bytes;
    return true;
  };
  got->outcome = wait_for<ObjectHead>([&](auto done) { client.get(std::move(request), std::move(done)); });
  return *got;
}

inline Got get(Client& client, const std::string& key, std::optional<Range> range = {},
               std::uint64_t max_bytes = 100 << 20) {
  return get(client, {.key = key, .max_bytes = max_bytes, .range = range});
}

}  // namespace imcaxy::s3::test
