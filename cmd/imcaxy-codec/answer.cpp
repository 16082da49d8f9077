#include "answer.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace imcaxy::codec {

void AnswerMemory::write(wire::Answer answer, const Parts& parts, const std::function<void(std::byte*)>& fill) const {
  const std::string_view text = parts.text.substr(0, wire::max_text_bytes);
  const std::string_view profile = parts.profile.size() <= wire::max_profile_bytes ? parts.profile : "";
  const std::uint64_t offset = wire::body_offset(text.size(), profile.size());
  if (parts.body_bytes > room_ || offset > room_ - parts.body_bytes) throw std::length_error("the result is too large");
  const std::size_t bytes = offset + parts.body_bytes;
  void* at = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  auto* start = static_cast<std::byte*>(at);
  std::byte* next = start + sizeof answer;
  for (const std::string_view part : {text, profile}) {
    if (!part.empty()) std::memcpy(next, part.data(), part.size());
    next += part.size();
  }
  fill(start + offset);
  answer.magic = wire::magic;
  answer.text_bytes = text.size();
  answer.profile_bytes = profile.size();
  answer.body_bytes = parts.body_bytes;
  std::memcpy(start, &answer, sizeof answer);
}

}  // namespace imcaxy::codec
