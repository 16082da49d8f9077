// What answers saved, by the format of the picture and by who asked.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/sharded_counter.hpp"
#include "proxy/accept_class.hpp"

namespace imcaxy::server {

enum class PictureFormat : std::uint8_t { avif, webp, jpeg, png, gif, other };
inline constexpr std::array<std::string_view, 6> picture_format_names{"avif", "webp", "jpeg", "png", "gif", "other"};
PictureFormat picture_format(std::string_view mime_type);

using proxy::ClientClass;
inline constexpr std::array<std::string_view, 3> client_class_names{"avif", "webp", "legacy"};

/// Who asked: `slow` where Save-Data or the network's hints lowered the quality.
struct Asker {
  ClientClass client = ClientClass::legacy;
  bool slow = false;
};
inline constexpr std::array<std::string_view, 2> network_names{"usual", "slow"};

struct PictureKind {
  PictureFormat format = PictureFormat::other;
  Asker asker;
};

/// Of whole pictures whose originals' size is known.
struct Saving {
  std::uint64_t answers = 0, sent_bytes = 0, original_bytes = 0;
  /// Of those, for which it is known what plain Imaginary would have sent (proxy/imaginary_sizes.hpp).
  std::uint64_t compared = 0, compared_sent_bytes = 0, imaginary_bytes = 0;

  Saving& operator+=(const Saving& other);
  bool operator==(const Saving&) const = default;
};

/// Thread-safe; counting takes no lock and writes to one cache line of the thread's own shard.
class Savings {
 public:
  /// As it travels with a request.
  using Note = std::uint8_t;
  static Note note(const PictureKind& kind);

  /// `imaginary_bytes` 0: not known.
  void add(Note note, std::uint64_t sent, std::uint64_t original_bytes, std::uint64_t imaginary_bytes);

  Saving of(const PictureKind& kind) const;
  Saving total() const;
  /// Every kind of which there was an answer.
  void each(const std::function<void(const PictureKind&, const Saving&)>& look) const;

 private:
  enum Sum : std::size_t { answers, sent, original, imaginary, sums };
  static constexpr std::size_t notes = 64;

  /// Eight of them, 64 bytes, are those of one kind.
  static std::size_t cell(Note note, bool compared) { return (note * 2u + compared) * sums; }

  ShardedCounters<notes * 2 * sums> cells_;
};

}  // namespace imcaxy::server
