#include "proxy/imaginary_sizes.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

#include "base/counted.hpp"
#include "http/query.hpp"

namespace imcaxy::proxy {
namespace {

namespace imaginary = processor::imaginary;

/// Some 40 bytes and a node each.
constexpr std::size_t most_known = 16384;
/// A core that has become busy gets none of these back before they are done.
constexpr std::size_t most_at_a_time = 4;

/// A source may change without another address; its bytes hardly ever have the same number then.
Key128 key_of(const cache::EntryMeta& meta) {
  return hash128(meta.request_signature + " " + std::to_string(meta.original_bytes));
}

bool is_comparable(const cache::EntryMeta& meta) {
  return meta.processor_type == imaginary_type && meta.original_bytes > 0 && !meta.personal &&
         meta.source_url.starts_with("http");
}

/// The request without what is ours: its words for qualities mean nothing to Imaginary.
std::string query_of(const cache::EntryMeta& meta) {
  std::string query = "url=" + http::percent_encode(meta.source_url);
  for (const auto& [name, values] : meta.processing_params) {
    if (values.empty()) continue;
    const std::string& value = values.front();
    if (name == "quality" && (value == "low" || value == "normal" || value == "high")) continue;
    query += "&" + http::percent_encode(name) + "=" + http::percent_encode(value);
  }
  return query;
}

bool chosen_by_the_client(const cache::EntryMeta& meta) {
  const auto type = meta.processing_params.find("type");
  return type != meta.processing_params.end() && !type->second.empty() && type->second.front() == "auto";
}

struct Candidate {
  cache::MemoryItemPtr item;
  std::uint64_t weight = 0;  ///< bytes that were sent of it
};

}  // namespace

ImaginarySizes::ImaginarySizes(image::Limits limits, const RequestReader& reader, const cache::MemoryTier& memory,
                               Originals& originals, WorkerPool& cpu_pool)
    : limits_(limits),
      reader_(reader),
      memory_(memory),
      originals_(originals),
      cpu_pool_(cpu_pool),
      known_(most_known) {}

void ImaginarySizes::tick() {
  if (running_ > 0) return;
  std::vector<Candidate> unknown;
  memory_.each([&](const cache::MemoryItemPtr& item, std::uint64_t hits) {
    if (hits > 0 && item->imaginary_bytes.load(std::memory_order_relaxed) == 0 && is_comparable(item->entry->meta))
      unknown.push_back({item, hits * item->entry->body.size()});
  });
  std::ranges::sort(unknown, std::ranges::greater(), &Candidate::weight);
  std::size_t given = 0;
  for (const Candidate& candidate : unknown) {
    const auto known = look_up(key_of(candidate.item->entry->meta));
    if (known) {
      candidate.item->imaginary_bytes.store(*known, std::memory_order_relaxed);
      continue;
    }
    if (given++ >= most_at_a_time) continue;
    auto running = std::make_unique<Counted>(running_);
    cpu_pool_.submit_when_idle([this, entry = candidate.item->entry, running = std::move(running)] { measure(entry); });
  }
}

std::uint32_t ImaginarySizes::find(const cache::EntryMeta& meta) const {
  return is_comparable(meta) ? look_up(key_of(meta)).value_or(0) : 0;
}

std::optional<std::uint32_t> ImaginarySizes::look_up(Key128 key) const {
  std::lock_guard lock(mutex_);
  const std::uint32_t* const known = known_.find(key);
  return known ? std::optional(*known) : std::nullopt;
}

void ImaginarySizes::measure(const cache::EntryPtr& entry) {
  const Key128 key = key_of(entry->meta);
  if (look_up(key)) return;  // another form of the same answer came first
  const auto bytes = try_to_measure(entry->meta);
  ++(bytes ? stats_.measured : stats_.failed);
  std::lock_guard lock(mutex_);
  known_.put(key, bytes.value_or(0));
}

std::optional<std::uint32_t> ImaginarySizes::try_to_measure(const cache::EntryMeta& meta) {
  if (chosen_by_the_client(meta)) return std::nullopt;
  const std::string query = query_of(meta);
  const std::string operation = meta.processor_endpoint.substr(1);
  const auto request = reader_.read({meta.raw_request, operation, query, ""});
  if (!request) return std::nullopt;
  const auto* const ours = dynamic_cast<const imaginary::Native*>((*request)->work.get());
  if (!ours || !(*request)->marks.empty()) return std::nullopt;
  const auto original = originals_.read_here((*request)->source);
  if (!original || original->body.size() != meta.original_bytes) return std::nullopt;
  imaginary::Request plain = ours->request();
  plain.negotiation.reset();
  plain.targets.reset();
  plain.deadline.reset();
  plain.as_imaginary = true;
  const auto made = imaginary::process(plain, image::Source(original->body), {}, limits_);
  if (!made || made->body.size() > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(made->body.size());
}

}  // namespace imcaxy::proxy
