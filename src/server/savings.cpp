#include "server/savings.hpp"

#include <algorithm>

namespace imcaxy::server {

PictureFormat picture_format(std::string_view mime_type) {
  constexpr std::string_view image = "image/";
  if (!mime_type.starts_with(image)) return PictureFormat::other;
  mime_type.remove_prefix(image.size());
  const auto found = std::ranges::find(picture_format_names, mime_type);
  return found == picture_format_names.end() ? PictureFormat::other
                                             : static_cast<PictureFormat>(found - picture_format_names.begin());
}

Saving& Saving::operator+=(const Saving& other) {
  answers += other.answers;
  sent_bytes += other.sent_bytes;
  original_bytes += other.original_bytes;
  compared += other.compared;
  compared_sent_bytes += other.compared_sent_bytes;
  imaginary_bytes += other.imaginary_bytes;
  return *this;
}

Savings::Note Savings::note(const PictureKind& kind) {
  return static_cast<Note>(static_cast<unsigned>(kind.format) << 3 | static_cast<unsigned>(kind.asker.client) << 1 |
                           static_cast<unsigned>(kind.asker.slow));
}

void Savings::add(Note note, std::uint64_t bytes, std::uint64_t original_bytes, std::uint64_t imaginary_bytes) {
  const std::size_t first = cell(note % notes, imaginary_bytes > 0);
  cells_.add(first + answers);
  cells_.add(first + sent, bytes);
  cells_.add(first + original, original_bytes);
  if (imaginary_bytes > 0) cells_.add(first + imaginary, imaginary_bytes);
}

Saving Savings::of(const PictureKind& kind) const {
  const std::size_t plain = cell(note(kind), false), compared = cell(note(kind), true);
  Saving saving{.compared = cells_.sum(compared + answers),
                .compared_sent_bytes = cells_.sum(compared + sent),
                .imaginary_bytes = cells_.sum(compared + imaginary)};
  saving.answers = cells_.sum(plain + answers) + saving.compared;
  saving.sent_bytes = cells_.sum(plain + sent) + saving.compared_sent_bytes;
  saving.original_bytes = cells_.sum(plain + original) + cells_.sum(compared + original);
  return saving;
}

Saving Savings::total() const {
  Saving total;
  each([&](const PictureKind&, const Saving& saving) { total += saving; });
  return total;
}

void Savings::each(const std::function<void(const PictureKind&, const Saving&)>& look) const {
  for (std::size_t format = 0; format < picture_format_names.size(); ++format)
    for (std::size_t client = 0; client < client_class_names.size(); ++client)
      for (const bool slow : {false, true}) {
        const PictureKind kind{static_cast<PictureFormat>(format), {static_cast<ClientClass>(client), slow}};
        if (const Saving saving = of(kind); saving.answers > 0) look(kind, saving);
      }
}

}  // namespace imcaxy::server
