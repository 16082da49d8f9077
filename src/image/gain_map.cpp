#include "image/gain_map.hpp"

#include <cstdint>

#include <fmt/format.h>

namespace imcaxy::image {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view start_of_image = "\xff\xd8"sv;
constexpr std::string_view xmp_name = "http://ns.adobe.com/xap/1.0/\0"sv, iso_name = "urn:iso:std:iso:ts:21496:-1\0"sv,
                           mpf_name = "MPF\0"sv;
constexpr unsigned app0 = 0xe0, app1 = 0xe1, app2 = 0xe2, start_of_scan = 0xda;
/// What they take is a kilobyte or less.
constexpr std::size_t most_bytes_of_meaning = 16384;
constexpr std::size_t most_segments = 1000;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

/// A segment of a JPEG's header.
struct Segment {
  unsigned marker;
  std::size_t begin;      ///< of its marker, in the file
  std::string_view data;  ///< behind its length
  std::size_t end() const { return begin + 4 + data.size(); }
};

/// Calls `take` for each segment in front of the pixels, until it returns false. What is no JPEG has none.
template <class Take>
void for_each_segment(std::string_view jpeg, Take take) {
  if (!jpeg.starts_with(start_of_image)) return;
  std::size_t at = start_of_image.size();
  for (std::size_t count = 0; count < most_segments && at + 4 <= jpeg.size(); ++count) {
    const unsigned marker = byte_at(jpeg, at + 1);
    const std::size_t length = byte_at(jpeg, at + 2) << 8 | byte_at(jpeg, at + 3);
    if (byte_at(jpeg, at) != 0xff || marker == start_of_scan || length < 2 || at + 2 + length > jpeg.size()) return;
    const Segment segment{marker, at, jpeg.substr(at + 4, length - 2)};
    if (!take(segment)) return;
    at = segment.end();
  }
}

/// Numbers of a TIFF structure, in its order of bytes; 0 beyond its end.
class Tiff {
 public:
  explicit Tiff(std::string_view bytes) : bytes_(bytes), little_(bytes.starts_with("II")) {}

  bool is_one() const { return (little_ || bytes_.starts_with("MM")) && number(2, 2) == 42; }
  std::uint32_t number(std::size_t at, std::size_t size) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t place = at + (little_ ? size - 1 - i : i);
      value = value << 8 | (place < bytes_.size() ? byte_at(bytes_, place) : 0);
    }
    return value;
  }
  /// Where the value of a tag of the first directory lies; 0 when there is none.
  std::size_t find(std::uint32_t tag) const {
    const std::size_t directory = number(4, 4), entries = number(directory, 2);
    for (std::size_t i = 0; i < entries && directory + 2 + 12 * i < bytes_.size(); ++i)
      if (number(directory + 2 + 12 * i, 2) == tag) return directory + 2 + 12 * i + 8;
    return 0;
  }

 private:
  std::string_view bytes_;
  bool little_;
};

std::string_view whole(std::string_view jpeg, const Segment& segment) {
  return jpeg.substr(segment.begin, segment.end() - segment.begin);
}

/// Whether a picture says of itself that it is a gain map, and what its values mean.
std::optional<GainMap> as_gain_map(std::string_view jpeg) {
  GainMap map{.jpeg = jpeg, .meaning = {}};
  for_each_segment(jpeg, [&](const Segment& segment) {
    const bool xmp = segment.marker == app1 && segment.data.starts_with(xmp_name) &&
                     segment.data.find("hdr-gain-map/1.0") != segment.data.npos;
    const bool iso = segment.marker == app2 && segment.data.starts_with(iso_name);
    if (xmp || iso) map.meaning += whole(jpeg, segment);
    map.iso |= iso;
    return true;
  });
  if (map.meaning.empty() || map.meaning.size() > most_bytes_of_meaning) return std::nullopt;
  return map;
}

/// The pictures behind the first that an index names. `base`: where the index lies, which its offsets count from.
std::optional<GainMap> find_in_index(std::string_view jpeg, std::size_t base, std::string_view index) {
  constexpr std::uint32_t number_of_images = 0xb001, entries = 0xb002;
  constexpr std::size_t entry_bytes = 16, most_images = 16;
  const Tiff tiff(index);
  if (!tiff.is_one()) return std::nullopt;
  const std::size_t count_place = tiff.find(number_of_images), list_place = tiff.find(entries);
  if (count_place == 0 || list_place == 0) return std::nullopt;
  const std::size_t count = tiff.number(count_place, 4), list = tiff.number(list_place, 4);
  for (std::size_t i = 1; i < count && i < most_images; ++i) {
    const std::size_t size = tiff.number(list + entry_bytes * i + 4, 4),
                      begin = base + tiff.number(list + entry_bytes * i + 8, 4);
    if (begin >= jpeg.size() || size > jpeg.size() - begin) continue;
    if (auto map = as_gain_map(jpeg.substr(begin, size))) return map;
  }
  return std::nullopt;
}

void append_number(std::string& out, std::uint32_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(value >> shift & 255);
}

std::string segment(unsigned marker, std::string_view data) {
  std::string out{'\xff', static_cast<char>(marker)};
  append_number(out, static_cast<std::uint32_t>(data.size() + 2), 2);
  return out.append(data);
}

/// Where further segments belong: behind those that have to be first.
std::size_t first_place(std::string_view jpeg) {
  std::size_t place = start_of_image.size();
  for_each_segment(jpeg, [&](const Segment& s) {
    if (s.marker != app0 && s.marker != app1) return false;
    place = s.end();
    return true;
  });
  return place;
}

std::string with_segments(std::string_view jpeg, std::string_view segments) {
  const std::size_t place = first_place(jpeg);
  return std::string(jpeg.substr(0, place)).append(segments).append(jpeg.substr(place));
}

/// What the first picture says of the second (Ultra HDR Image Format 1.1).
std::string directory_xmp(std::size_t map_bytes) {
  return std::string(xmp_name) +
         fmt::format(
             R"(<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">)"
             R"(<rdf:Description xmlns:Container="http://ns.google.com/photos/1.0/container/" )"
             R"(xmlns:Item="http://ns.google.com/photos/1.0/container/item/" )"
             R"(xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0"><Container:Directory><rdf:Seq>)"
             R"(<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary" Item:Mime="image/jpeg"/></rdf:li>)"
             R"(<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="GainMap" Item:Mime="image/jpeg" )"
             R"(Item:Length="{}"/></rdf:li></rdf:Seq></Container:Directory></rdf:Description></rdf:RDF></x:xmpmeta>)",
             map_bytes);
}

/// An index of two pictures. `map_offset`: from the index' own TIFF structure.
std::string index(std::uint32_t picture_bytes, std::uint32_t map_bytes, std::uint32_t map_offset) {
  constexpr std::uint32_t undefined = 7, number = 4, list_offset = 50, representative_baseline = 0x030000;
  std::string out(mpf_name);
  out += "MM\0*"sv;
  append_number(out, 8, 4);
  append_number(out, 3, 2);
  const auto entry = [&](std::uint32_t tag, std::uint32_t type, std::uint32_t count) {
    append_number(out, tag, 2);
    append_number(out, type, 2);
    append_number(out, count, 4);
  };
  entry(0xb000, undefined, 4);
  out += "0100";
  entry(0xb001, number, 1);
  append_number(out, 2, 4);
  entry(0xb002, undefined, 32);
  append_number(out, list_offset, 4);
  append_number(out, 0, 4);  // no further directory
  for (const std::uint32_t value : {representative_baseline, picture_bytes, 0u, 0u, 0u, map_bytes, map_offset, 0u})
    append_number(out, value, 4);
  return out;
}

}  // namespace

std::optional<GainMap> find_gain_map(std::string_view jpeg) {
  std::optional<GainMap> found;
  for_each_segment(jpeg, [&](const Segment& s) {
    if (s.marker == app2 && s.data.starts_with(mpf_name))
      found = find_in_index(jpeg, s.begin + 4 + mpf_name.size(), s.data.substr(mpf_name.size()));
    return !found;
  });
  return found;
}

Bytes with_gain_map(std::string_view picture, std::string_view map, const GainMap& from) {
  const std::string second = with_segments(map, from.meaning);
  std::string segments = segment(app1, directory_xmp(second.size()));
  if (from.iso) segments += segment(app2, std::string(iso_name) + std::string(4, '\0'));
  // The index is as long whatever it says, so where it lies is known before.
  const std::size_t index_bytes = segment(app2, index(0, 0, 0)).size();
  const std::size_t first_bytes = picture.size() + segments.size() + index_bytes;
  const std::size_t index_begin = first_place(picture) + segments.size() + 4 + mpf_name.size();
  segments += segment(app2, index(static_cast<std::uint32_t>(first_bytes), static_cast<std::uint32_t>(second.size()),
                                  static_cast<std::uint32_t>(first_bytes - index_begin)));
  return Bytes::adopt(with_segments(picture, segments) + second);
}

}  // namespace imcaxy::image
