#include "png/huffman.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <vector>

namespace imcaxy::png {
namespace {

constexpr std::size_t literals = 257;  ///< and the end of a block
constexpr std::size_t end_of_block = 256;
constexpr int most_bits = 15, most_bits_of_lengths = 7;
/// The order in which the code for code lengths is told (RFC 1951, 3.2.7).
constexpr std::array<std::size_t, 19> order{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};

struct Code {
  std::uint16_t bits = 0;  ///< the first one lowest
  std::uint8_t length = 0;
};

/// Lengths of Huffman's code, at most `limit`: 0 for what does not occur, at least 1 for what does. By joining the two
/// rarest trees until one is left; while it is too deep, what is rare counts as less rare.
std::vector<std::uint8_t> code_lengths(std::vector<std::uint32_t> counts, int limit) {
  struct Node {
    std::uint64_t count;
    int left, right;
  };
  std::vector<std::uint8_t> lengths(counts.size());
  while (true) {
    std::vector<Node> nodes;
    std::vector<int> leaves;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      nodes.push_back({counts[i], -1, -1});
      if (counts[i] > 0) leaves.push_back(static_cast<int>(i));
    }
    if (leaves.size() == 1) lengths[static_cast<std::size_t>(leaves[0])] = 1;
    if (leaves.size() < 2) return lengths;
    const auto count_of = [&](int node) { return nodes[static_cast<std::size_t>(node)].count; };
    std::ranges::stable_sort(leaves, {}, count_of);
    // Joined trees come in the order of their counts, so that the rarest is at the front of one of two queues.
    std::size_t leaf = 0, joined = counts.size();
    const auto take_rarest = [&] {
      const bool a_leaf = leaf < leaves.size() &&
                          (joined == nodes.size() || count_of(leaves[leaf]) <= count_of(static_cast<int>(joined)));
      return a_leaf ? leaves[leaf++] : static_cast<int>(joined++);
    };
    for (std::size_t i = 1; i < leaves.size(); ++i) {
      const int left = take_rarest(), right = take_rarest();
      nodes.push_back({count_of(left) + count_of(right), left, right});
    }
    std::vector<std::uint8_t> depth(nodes.size());
    int deepest = 0;
    for (std::size_t i = nodes.size(); i-- > counts.size();)
      for (const int child : {nodes[i].left, nodes[i].right}) {
        depth[static_cast<std::size_t>(child)] = static_cast<std::uint8_t>(depth[i] + 1);
        deepest = std::max<int>(deepest, depth[i] + 1);
      }
    if (deepest <= limit) {
      for (const int i : leaves) lengths[static_cast<std::size_t>(i)] = depth[static_cast<std::size_t>(i)];
      return lengths;
    }
    const std::uint32_t most = *std::ranges::max_element(counts);
    for (auto& count : counts)
      if (count > 0) count = count / 2 + std::max(1u, most >> limit);
  }
}

/// Canonical codes (RFC 1951, 3.2.2), turned round as they are written.
std::vector<Code> codes_of(const std::vector<std::uint8_t>& lengths) {
  std::array<std::uint32_t, most_bits + 1> count{}, next{};
  for (const std::uint8_t length : lengths) ++count[length];
  count[0] = 0;
  for (std::size_t bits = 1; bits < next.size(); ++bits) next[bits] = (next[bits - 1] + count[bits - 1]) << 1;
  std::vector<Code> codes(lengths.size());
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] == 0) continue;
    codes[i].length = lengths[i];
    const std::uint32_t code = next[lengths[i]]++;
    for (int bit = 0; bit < lengths[i]; ++bit)
      codes[i].bits = static_cast<std::uint16_t>(codes[i].bits << 1 | (code >> bit & 1));
  }
  return codes;
}

std::vector<std::uint32_t> counts_of(std::span<const std::uint8_t> bytes) {
  // Four tables, so that a byte needs not wait for an equal one before it.
  std::array<std::array<std::uint32_t, 256>, 4> tables{};
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4)
    for (std::size_t table = 0; table < 4; ++table) ++tables[table][bytes[i + table]];
  for (; i < bytes.size(); ++i) ++tables[0][bytes[i]];
  std::vector<std::uint32_t> counts(literals);
  for (const auto& table : tables) std::ranges::transform(table, counts, counts.begin(), std::plus());
  counts[end_of_block] = 1;
  return counts;
}

}  // namespace

/// At most 56 bits together with those that wait.
void HuffmanDeflate::put(std::uint64_t bits, int count) {
  pending_ |= bits << pending_bits_;
  pending_bits_ += count;
}

void HuffmanDeflate::flush_bytes() {
  static_assert(std::endian::native == std::endian::little);
  std::array<char, sizeof pending_> bytes;
  std::memcpy(bytes.data(), &pending_, sizeof pending_);
  const int whole = pending_bits_ / 8;
  out_.append(bytes.data(), static_cast<std::size_t>(whole));
  pending_ >>= 8 * whole;
  pending_bits_ -= 8 * whole;
}

void HuffmanDeflate::block(std::span<const std::uint8_t> bytes, bool last) {
  const std::vector<std::uint8_t> lengths = code_lengths(counts_of(bytes), most_bits);
  const std::vector<Code> codes = codes_of(lengths);
  // The lengths are told in a code of their own; a distance is never used, which a length of 0 says.
  std::vector<std::uint32_t> length_counts(order.size());
  for (const std::uint8_t length : lengths) ++length_counts[length];
  ++length_counts[0];
  const std::vector<std::uint8_t> lengths_of_lengths = code_lengths(length_counts, most_bits_of_lengths);
  const std::vector<Code> length_codes = codes_of(lengths_of_lengths);

  constexpr std::uint64_t dynamic_codes = 2;
  put(static_cast<std::uint64_t>(last) | dynamic_codes << 1, 3);
  put(literals - 257, 5);
  put(0, 5);  // one code for distances
  put(order.size() - 4, 4);
  flush_bytes();
  for (const std::size_t symbol : order) {
    put(lengths_of_lengths[symbol], 3);
    flush_bytes();
  }
  const auto put_length = [&](std::uint8_t length) {
    put(length_codes[length].bits, length_codes[length].length);
    flush_bytes();
  };
  std::ranges::for_each(lengths, put_length);
  put_length(0);

  // Three codes have at most 45 bits, and at most 7 wait. Written straight into room for the longest possible block.
  const std::size_t begin = out_.size();
  out_.resize(begin + bytes.size() * most_bits / 8 + 16);
  char* at = out_.data() + begin;
  std::uint64_t pending = pending_;
  int waiting = pending_bits_;
  const auto write = [&] {
    std::memcpy(at, &pending, sizeof pending);
    at += waiting / 8;
    pending >>= waiting & ~7;
    waiting &= 7;
  };
  const auto add = [&](std::size_t symbol) {
    pending |= static_cast<std::uint64_t>(codes[symbol].bits) << waiting;
    waiting += codes[symbol].length;
  };
  std::size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    add(bytes[i]);
    add(bytes[i + 1]);
    add(bytes[i + 2]);
    write();
  }
  for (; i < bytes.size(); ++i) {
    add(bytes[i]);
    write();
  }
  add(end_of_block);
  write();
  if (last && waiting > 0) {
    waiting = 8;
    write();
  }
  out_.resize(static_cast<std::size_t>(at - out_.data()));
  pending_ = pending;
  pending_bits_ = waiting;
}

}  // namespace imcaxy::png
