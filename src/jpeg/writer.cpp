#include "jpeg/writer.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "jpeg/guard.hpp"

namespace imcaxy::jpeg {
namespace {

/// By Nicolas Robidoux for ImageMagick, quality 50; MozJPEG's table 3. For brightness and colour.
constexpr std::array<unsigned, DCTSIZE2> robidoux{
    16, 16, 16,  18,  25,  37,  56,  85,   //
    16, 17, 20,  27,  34,  40,  53,  75,   //
    16, 20, 24,  31,  43,  62,  91,  135,  //
    18, 27, 31,  40,  53,  74,  106, 156,  //
    25, 34, 43,  53,  69,  94,  131, 189,  //
    37, 40, 62,  74,  94,  124, 169, 238,  //
    56, 53, 91,  106, 131, 169, 226, 311,  //
    85, 75, 135, 156, 189, 238, 311, 418,
};

constexpr int whole_colour_from = 90;
/// What is not written in one pass keeps two bytes for each coefficient until the end.
constexpr std::int64_t most_pixels_kept = 16'000'000;

constexpr jpeg_scan_info scan(int component, int first, int last) {
  return {1, {component}, first, last, 0, 0};
}

/// All means first, then the coarse half of brightness, colour, and the rest: half of the time of libjpeg's own ten
/// scans, which come in bits, for less than one percent more bytes.
constexpr std::array<jpeg_scan_info, 5> colour_scans{
    {{3, {0, 1, 2}, 0, 0, 0, 0}, scan(0, 1, 8), scan(1, 1, 63), scan(2, 1, 63), scan(0, 9, 63)}};
constexpr std::array<jpeg_scan_info, 3> grey_scans{{scan(0, 0, 0), scan(0, 1, 8), scan(0, 9, 63)}};

}  // namespace

struct Writer::State {
  ErrorManager errors;
  jpeg_compress_struct info{};
  unsigned char* buffer = nullptr;
  unsigned long size = 0;

  State() { info.err = &errors.manager; }
  ~State() {
    jpeg_destroy_compress(&info);
    std::free(buffer);
  }
};

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(const Writing& writing) {
  auto state = std::make_unique<State>();
  jpeg_compress_struct& info = state->info;
  const bool kept = std::int64_t{writing.width} * writing.height <= most_pixels_kept;
  const bool ok = guarded(state->errors, [&] {
    jpeg_create_compress(&info);
    jpeg_mem_dest(&info, &state->buffer, &state->size);
    info.image_width = static_cast<JDIMENSION>(writing.width);
    info.image_height = static_cast<JDIMENSION>(writing.height);
    info.input_components = writing.bands;
    info.in_color_space = writing.bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&info);
    const int scale = jpeg_quality_scaling(std::clamp(writing.quality, 1, 100));
    for (int table = 0; table < 2; ++table) jpeg_add_quant_table(&info, table, robidoux.data(), scale, TRUE);
    if (writing.whole_colour.value_or(writing.quality >= whole_colour_from))
      info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;
    info.optimize_coding = kept;
    if (writing.progressive && kept) {
      info.scan_info = writing.bands == 1 ? grey_scans.data() : colour_scans.data();
      info.num_scans = static_cast<int>(writing.bands == 1 ? grey_scans.size() : colour_scans.size());
    }
    jpeg_start_compress(&info, TRUE);
    if (!writing.profile.empty())
      jpeg_write_icc_profile(&info, reinterpret_cast<const JOCTET*>(writing.profile.data()),
                             static_cast<unsigned>(writing.profile.size()));
  });
  if (!ok) return std::unexpected(state->errors.error(400));
  return std::unique_ptr<Writer>(new Writer(std::move(state)));
}

Result<void> Writer::push(const std::uint8_t* row) {
  State& s = *state_;
  // libjpeg only reads it.
  JSAMPROW rows[] = {const_cast<JSAMPROW>(row)};
  if (!guarded(s.errors, [&] { jpeg_write_scanlines(&s.info, rows, 1); })) return std::unexpected(s.errors.error(400));
  return {};
}

Result<std::string> Writer::finish() {
  State& s = *state_;
  if (!guarded(s.errors, [&] { jpeg_finish_compress(&s.info); })) return std::unexpected(s.errors.error(400));
  return std::string(reinterpret_cast<const char*>(s.buffer), s.size);
}

}  // namespace imcaxy::jpeg
