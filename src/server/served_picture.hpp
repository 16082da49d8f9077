// From what the proxy serves to an answer: what all routes with pictures do alike.
#pragma once

#include "base/await.hpp"
#include "base/error.hpp"
#include "http/message.hpp"
#include "proxy/service.hpp"
#include "server/metrics.hpp"

namespace imcaxy::server {

/// Where it came from, as the metrics and X-Cache name it.
CacheResult result_of(const proxy::Served& served);
proxy::Origin origin_of(const proxy::Served& served);

/// A hit in memory: its header lines, its body and its validators, none of them copied.
http::Response hit_answer(http::Request& request, const cache::MemoryItemPtr& hit, const Asker& asker,
                          Metrics& metrics);

/// Counts it and what it took, and notes with the request where it came from.
void observe(const proxy::Served& served, http::Request& request, const Asker& asker, Metrics& metrics);

/// The answer with its validators and its body: in one piece when all of it is there, or where the request asks for a
/// part or has conditions; else as a stream.
Task<Result<http::Response>> with_body(http::Response response, proxy::Served served, const http::Request& request);

}  // namespace imcaxy::server
