// JPEGs, read both ways.
#include "target.hpp"

#include <cstdint>

#include "jpeg/reader.hpp"

using namespace imcaxy;
using fuzz::require;

namespace {

constexpr std::int64_t most_pixels = 1 << 18;  // of what a fuzzer tries thousands of times a second

}  // namespace

FUZZ_TARGET(jpeg) {
  for (const bool quarter : {false, true}) {
    const auto opened = jpeg::Reader::open(input);
    if (!opened) return require(opened.error().status == 400 && !opened.error().message.empty(), "an error says why");
    jpeg::Reader& reader = **opened;
    if (std::int64_t{reader.width()} * reader.height() > most_pixels || reader.bands() == 0) return;
    int rows = 0;
    unsigned sum = 0;  // so that every sample is looked at
    Result<void> read;
    if (quarter) {
      if (!reader.has_quarter_colour()) return;
      read = reader.read_quarter_colour([&](const jpeg::QuarterColourRow& row) {
        ++rows;
        for (int x = 0; x < (reader.width() + 1) / 2; ++x)
          for (int i = 0; i < 3; ++i)
            sum += row.blue[static_cast<std::size_t>(i)][x] + row.red[static_cast<std::size_t>(i)][x];
        for (int x = 0; x <= reader.width(); ++x) sum += row.brightness[0][x] + row.brightness[1][x];
      });
      require(!read || rows == (reader.height() + 1) / 2, "half as many rows");
    } else {
      read = reader.read_rows([&](const std::uint8_t* row) {
        ++rows;
        for (int x = 0; x < reader.width() * reader.bands(); ++x) sum += row[x];
      });
      require(!read || rows == reader.height(), "all rows");
    }
    require(read || read.error().status == 400, "an error is the picture's");
    volatile unsigned looked_at = sum;
    (void)looked_at;
  }
}
