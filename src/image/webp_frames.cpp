#include "image/webp_frames.hpp"

#include <cstdint>
#include <string_view>

namespace imcaxy::image {
namespace {

// https://developers.google.com/speed/webp/docs/riff_container
constexpr std::size_t riff_header_size = 12, chunk_header_size = 8, frame_header_size = 16;
constexpr std::size_t duration_at = 12, flags_at = 15;  // in a frame's header
constexpr char dispose_flag = 1, alpha_flag = 0x10;

std::uint32_t little(std::string_view bytes, std::size_t at, int size) {
  std::uint32_t value = 0;
  for (int i = 0; i < size; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)])) << (8 * i);
  return value;
}

void put_little(std::string& out, std::size_t at, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) out[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
}

std::string chunk(std::string_view name, std::string_view content) {
  std::string out(name);
  out.resize(chunk_header_size);
  put_little(out, 4, static_cast<std::uint32_t>(content.size()), 4);
  out += content;
  if (content.size() % 2 != 0) out += '\0';
  return out;
}

struct Chunk {
  std::string_view name, content, whole;
};

/// Empty when the bytes are no complete WebP.
std::vector<Chunk> chunks_of(std::string_view webp) {
  std::vector<Chunk> chunks;
  if (webp.size() < riff_header_size || !webp.starts_with("RIFF") || webp.substr(8, 4) != "WEBP") return {};
  for (std::size_t at = riff_header_size; at < webp.size();) {
    if (webp.size() - at < chunk_header_size) return {};
    const std::size_t size = little(webp, at + 4, 4);
    const std::size_t padded = size + size % 2;
    if (webp.size() - at - chunk_header_size < padded) return {};
    chunks.push_back(
        {webp.substr(at, 4), webp.substr(at + chunk_header_size, size), webp.substr(at, chunk_header_size + padded)});
    at += chunk_header_size + padded;
  }
  return chunks;
}

bool is_frame(const Chunk& chunk) {
  return chunk.name == "ANMF" && chunk.content.size() >= frame_header_size;
}

/// How many of the delays each frame of the file stands for; empty when they do not add up.
std::vector<std::size_t> runs_of(const std::vector<Chunk>& chunks, const std::vector<int>& delays) {
  std::vector<std::size_t> runs;
  std::size_t next = 0;
  for (const Chunk& chunk : chunks) {
    if (!is_frame(chunk)) continue;
    const std::uint32_t duration = little(chunk.content, duration_at, 3);
    std::uint32_t sum = 0;
    const std::size_t first = next;
    while (next < delays.size() && sum < duration) sum += static_cast<std::uint32_t>(delays[next++]);
    if (sum != duration || next == first) return {};
    runs.push_back(next - first);
  }
  return next == delays.size() ? runs : std::vector<std::size_t>{};
}

/// A lossless picture of one pixel's value, 0 in all bands: what it takes is its size and five codes of one symbol.
std::string transparent_picture(std::uint32_t width_less_one, std::uint32_t height_less_one) {
  std::string bits(1 + 4 + 3, '\0');
  bits[0] = '\x2f';
  constexpr std::uint32_t alpha_is_used = 1U << 28;
  put_little(bits, 1, width_less_one | height_less_one << 14 | alpha_is_used, 4);
  // Three bits say that there is no transform, cache or second code; each code is 1 (simple), 0 (one symbol), 0 (of one
  // bit), 0 (the symbol), the lowest bit first.
  std::uint32_t codes = 0;
  for (int i = 0; i < 5; ++i) codes |= 1U << (3 + 4 * i);
  put_little(bits, 5, codes, 3);
  return chunk("VP8L", bits);
}

/// The frame of the file, and `count - 1` that change nothing.
std::string split(const Chunk& frame, const int* delays, std::size_t count) {
  std::string first(frame.content), header(frame.content.substr(0, frame_header_size));
  const char disposes = static_cast<char>(header[flags_at] & dispose_flag);
  // What is under the frame is only restored after the last of them.
  first[flags_at] = static_cast<char>(first[flags_at] & ~dispose_flag);
  put_little(first, duration_at, static_cast<std::uint32_t>(delays[0]), 3);
  std::string out = chunk("ANMF", first);
  const std::string nothing = transparent_picture(little(header, 6, 3), little(header, 9, 3));
  for (std::size_t i = 1; i < count; ++i) {
    header[flags_at] = i + 1 == count ? disposes : '\0';
    put_little(header, duration_at, static_cast<std::uint32_t>(delays[i]), 3);
    out += chunk("ANMF", header + nothing);
  }
  return out;
}

}  // namespace

int webp_delay(int wanted) {
  return wanted <= 10 ? 100 : wanted;
}

Bytes with_every_frame(const Bytes& webp, const std::vector<int>& delays) {
  const std::vector<Chunk> chunks = chunks_of(webp.view());
  const std::vector<std::size_t> runs = runs_of(chunks, delays);
  if (runs.empty() || runs.size() == delays.size()) return webp;
  std::string out(webp.view().substr(0, riff_header_size));
  std::size_t frame = 0, delay = 0;
  for (const Chunk& part : chunks) {
    if (is_frame(part) && runs[frame] > 1) {
      out += split(part, &delays[delay], runs[frame]);
    } else {
      out += part.whole;
      if (part.name == "VP8X" && !part.content.empty()) {
        char& flags = out[out.size() - part.whole.size() + chunk_header_size];
        flags = static_cast<char>(flags | alpha_flag);
      }
    }
    if (is_frame(part)) delay += runs[frame++];
  }
  put_little(out, 4, static_cast<std::uint32_t>(out.size() - chunk_header_size), 4);
  return Bytes::adopt(std::move(out));
}

}  // namespace imcaxy::image
