// What a hit costs, piece by piece, and what a chunk costs the hub with many readers.
#include <benchmark/benchmark.h>

#include "cache/memory_tier.hpp"
#include "http/query.hpp"
#include "hub/data_hub.hpp"
#include "proxy/signature.hpp"

namespace imcaxy {
namespace {

constexpr std::string_view query =
    "width=400&height=300&type=jpeg&quality=80&url=https%3A%2F%2Fwww.example.com%2Fimages%2Fphoto.jpg";
constexpr std::string_view source = "https://www.example.com/images/photo.jpg";

void parse(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(http::parse_query(query));
}
BENCHMARK(parse);

void signature(benchmark::State& state) {
  const auto parameters = proxy::shaping_parameters(http::parse_query(query));
  for (auto _ : state) benchmark::DoNotOptimize(proxy::make_signature("/resize", source, parameters));
}
BENCHMARK(signature);

void key(benchmark::State& state) {
  const auto text = proxy::make_signature("/resize", source, proxy::shaping_parameters(http::parse_query(query)));
  for (auto _ : state) benchmark::DoNotOptimize(proxy::make_key(text, "imaginary", ""));
}
BENCHMARK(key);

void memory_hit(benchmark::State& state) {
  static cache::MemoryTier tier(64 << 20);
  if (state.thread_index() == 0) {
    for (int i = 0; i < 1000; ++i) {
      auto entry = std::make_shared<cache::Entry>();
      entry->meta.key = hash128(std::to_string(i));
      entry->body = Bytes::adopt(std::string(20000, 'x'));
      auto item = std::make_shared<cache::MemoryItem>();
      item->entry = std::move(entry);
      tier.put(std::move(item));
    }
  }
  int i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(tier.get(hash128(std::to_string(i++ % 1000))));
}
BENCHMARK(memory_hit)->Threads(1)->Threads(2);

void hub_fan_out(benchmark::State& state) {
  const auto readers = static_cast<std::size_t>(state.range(0));
  const Bytes chunk = Bytes::adopt(std::string(65536, 'x'));
  for (auto _ : state) {
    hub::Stream<int> stream;
    stream.open(1);
    std::size_t woken = 0;
    for (std::size_t i = 0; i < readers; ++i)
      stream.wait_beyond(0, [&] {
        Bytes got;
        stream.chunk(0, got);
        woken += got.size() > 0;
      });
    stream.append(chunk);
    if (woken != readers) state.SkipWithError("not every reader got the chunk");
    stream.finish();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(hub_fan_out)->Arg(1)->Arg(1000);

}  // namespace
}  // namespace imcaxy
