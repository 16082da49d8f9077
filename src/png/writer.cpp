#include "png/writer.hpp"

#include <libdeflate.h>

#include <memory>

#include "png/chunk.hpp"
#include "png/filters.hpp"
#include "png/huffman.hpp"

namespace imcaxy::png {
namespace {

using namespace std::string_view_literals;

/// Of filtered rows: small enough that a code fits what it is for, large enough that it costs little.
constexpr std::size_t block_bytes = 64 * 1024;

/// Of each number of bands, as the header names it.
constexpr char colour_types[] = {0, 4, 2, 6};

std::string compressed_profile(std::string_view profile) {
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
      libdeflate_alloc_compressor(6), libdeflate_free_compressor);
  std::string out(libdeflate_zlib_compress_bound(compressor.get(), profile.size()), '\0');
  out.resize(libdeflate_zlib_compress(compressor.get(), profile.data(), profile.size(), out.data(), out.size()));
  return out;
}

}  // namespace

Writer::Writer(const Writing& writing)
    : row_size_(static_cast<std::size_t>(writing.width) * static_cast<std::size_t>(writing.bands)),
      step_(static_cast<std::size_t>(writing.bands)),
      above_(row_size_),
      deflated_("\x78\x01"),  // a zlib stream (RFC 1950) of the quickest kind
      deflate_(deflated_),
      png_(signature) {
  std::string header =
      big_endian(static_cast<std::uint32_t>(writing.width)) + big_endian(static_cast<std::uint32_t>(writing.height));
  header += {8, colour_types[writing.bands - 1], 0, 0, 0};
  append_chunk(png_, "IHDR", header);
  if (!writing.profile.empty())
    append_chunk(png_, "iCCP", std::string("icc\0\0"sv) + compressed_profile(writing.profile));
}

void Writer::push(const std::uint8_t* row) {
  const std::size_t begin = filtered_.size();
  filtered_.resize(begin + 1 + row_size_);
  filter_row(row, above_.data(), row_size_, step_, filtered_.data() + begin);
  above_.assign(row, row + row_size_);
  if (filtered_.size() >= block_bytes) write_block(false);
}

void Writer::write_block(bool last) {
  adler_ = libdeflate_adler32(adler_, filtered_.data(), filtered_.size());
  deflate_.block(filtered_, last);
  filtered_.clear();
}

std::string Writer::finish() {
  write_block(true);
  deflated_ += big_endian(adler_);
  append_chunk(png_, "IDAT", deflated_);
  append_chunk(png_, "IEND", {});
  png_.shrink_to_fit();  // answers are kept
  return std::move(png_);
}

}  // namespace imcaxy::png
