// Plain PNGs. Checksums would keep a fuzzer out, so an input is the parts: width, height and colour type, a byte each,
// then what is inflated is deflated here; or, with a first byte of 0xff, a whole file as it is.
#include "target.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "png/chunk.hpp"
#include "png/huffman.hpp"
#include "png/reader.hpp"
#include "png/writer.hpp"

#include <libdeflate.h>

using namespace imcaxy;
using fuzz::require;

namespace {

std::string file_of(unsigned width, unsigned height, char colour_type, std::string_view rows) {
  std::string out(png::signature);
  std::string header = png::big_endian(width) + png::big_endian(height);
  header += {8, colour_type, 0, 0, 0};
  png::append_chunk(out, "IHDR", header);
  std::string deflated = "\x78\x01";
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(rows.data());
  png::HuffmanDeflate(deflated).block({bytes, rows.size()}, true);
  deflated += png::big_endian(libdeflate_adler32(1, rows.data(), rows.size()));
  png::append_chunk(out, "IDAT", deflated);
  png::append_chunk(out, "IEND", {});
  return out;
}

/// What was read can be written, and is the same when it is read again.
void check(const png::Pixels& pixels) {
  png::Writer writer({pixels.width(), pixels.height(), pixels.bands()});
  for (int y = 0; y < pixels.height(); ++y) writer.push(pixels.row(y));
  const auto again = png::read_plain(writer.finish());
  require(again.has_value(), "what is written can be read");
  require(again->width() == pixels.width() && again->height() == pixels.height() && again->bands() == pixels.bands(),
          "it has the same shape");
  for (int y = 0; y < pixels.height(); ++y)
    require(std::equal(pixels.row(y), pixels.row(y) + pixels.width() * pixels.bands(), again->row(y)),
            "it has the same pixels");
}

}  // namespace

FUZZ_TARGET(png) {
  if (input.starts_with('\xff')) {
    if (const auto pixels = png::read_plain(input.substr(1))) check(*pixels);
    return;
  }
  if (input.size() < 3) return;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(input[i]); };
  const std::string file = file_of(byte(0), byte(1), input[2], input.substr(3));
  if (const auto pixels = png::read_plain(file)) check(*pixels);
}
