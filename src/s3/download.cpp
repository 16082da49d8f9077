#include "s3/download.hpp"

#include <charconv>
#include <utility>

#include <fmt/format.h>

namespace imcaxy::s3 {
namespace {

using Kind = Failure::Kind;

struct ContentRange {
  std::uint64_t first = 0, last = 0, whole = 0;
};

bool read_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return code == std::errc();
}

bool read_sign(std::string_view& text, std::string_view sign) {
  if (!text.starts_with(sign)) return false;
  text.remove_prefix(sign.size());
  return true;
}

/// `bytes 0-9/100`, and no other form.
std::optional<ContentRange> parse_content_range(std::string_view text) {
  ContentRange out;
  const bool ok = read_sign(text, "bytes ") && read_number(text, out.first) && read_sign(text, "-") &&
                  read_number(text, out.last) && read_sign(text, "/") && read_number(text, out.whole) && text.empty();
  if (!ok || out.last < out.first || out.last >= out.whole) return std::nullopt;
  return out;
}

}  // namespace

std::vector<std::string> Download::headers() const {
  std::vector<std::string> out{"x-amz-checksum-mode: ENABLED"};
  if (!request_.range && received_ == 0) return out;
  const Range range = request_.range.value_or(Range{});
  out.push_back(
      fmt::format("range: bytes={}-{}", range.first + received_, range.last ? std::to_string(*range.last) : ""));
  if (received_ > 0 && !head_.etag.empty()) out.push_back("if-match: " + head_.etag);
  return out;
}

Outcome<void> Download::begin(ObjectHead head, unsigned status, std::string_view content_range) {
  const std::uint64_t body_bytes = head.bytes;
  const std::uint64_t first = request_.range.value_or(Range{}).first + received_;
  if (request_.range || received_ > 0) {
    const auto part = parse_content_range(content_range);
    if (status != 206 || !part || part->first != first || part->last - part->first + 1 != body_bytes)
      return failed(Kind::invalid, "it was asked for a part of the object and answers something else");
    head.bytes = part->whole;
  }
  if (std::exchange(begun_, true)) {
    if (head.etag == head_.etag && head.bytes == head_.bytes && received_ + body_bytes == expected_) return {};
    return failed(Kind::damaged, "the object changed while it was read");
  }
  if (body_bytes > request_.max_bytes)
    return failed(Kind::too_large,
                  fmt::format("the object has {} bytes, allowed are {}", body_bytes, request_.max_bytes));
  head_ = std::move(head);
  expected_ = body_bytes;
  if (request_.on_head) request_.on_head(head_);
  return {};
}

Outcome<void> Download::take(std::string_view bytes) {
  if (received_ + bytes.size() > expected_) return failed(Kind::invalid, "it sends more than it announced");
  received_ += bytes.size();
  if (!request_.range) hash_.update(bytes);
  if (!request_.on_bytes(bytes)) return failed(Kind::stopped, "its reader has left");
  return {};
}

Outcome<void> Download::end() const {
  if (received_ != expected_) return failed(Kind::unreachable, "it sends less than it announced");
  if (!request_.range && !head_.sha256.empty() && hash_.digest() != head_.sha256)
    return failed(Kind::damaged, "the object's bytes are not those of its checksum");
  return {};
}

}  // namespace imcaxy::s3
