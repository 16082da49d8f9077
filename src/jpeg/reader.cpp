#include "jpeg/reader.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "jpeg/guard.hpp"

namespace imcaxy::jpeg {
namespace {

/// A progressive picture may have any number of scans, each of which costs a pass over all of it.
constexpr int most_scans = 100;
/// Samples behind each row that may be read.
constexpr std::size_t beyond = 128;

/// One of the three planes of a picture with quarter colour: what libjpeg gives at a time, twice, so that the rows at
/// the end of one part have neighbours in the next.
struct Plane {
  int rows = 0;  ///< of a part
  std::size_t stride = 0;
  std::vector<std::uint8_t> samples;
  std::array<JSAMPROW, 2 * DCTSIZE> pointers{};

  void open(const jpeg_component_info& component) {
    rows = component.v_samp_factor * DCTSIZE;
    stride = static_cast<std::size_t>(component.width_in_blocks + 2u) * DCTSIZE + beyond;
    samples.resize(stride * static_cast<std::size_t>(2 * rows));
  }
  std::uint8_t* row(int y) { return samples.data() + stride * static_cast<std::size_t>(y % (2 * rows)); }
  /// For libjpeg to fill.
  JSAMPARRAY part(int index) {
    for (int y = 0; y < rows; ++y) pointers[static_cast<std::size_t>(y)] = row(index * rows + y);
    return pointers.data();
  }
};

}  // namespace

struct Reader::State {
  ErrorManager errors;
  jpeg_decompress_struct info{};
  jpeg_progress_mgr progress{};
  int bands = 0;
  std::vector<std::uint8_t> samples;
  std::array<JSAMPROW, most_rows> rows{};
  std::array<Plane, 3> planes;
  int parts = 0;  ///< of the planes that have been read

  State() {
    info.err = &errors.manager;
    progress.progress_monitor = [](j_common_ptr common) {
      if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number > most_scans) common->err->error_exit(common);
    };
  }
  ~State() { jpeg_destroy_decompress(&info); }

  std::unexpected<Error> failure() const {
    if (info.input_scan_number > most_scans) return fail(400, "the JPEG has more than 100 scans");
    return std::unexpected(errors.error(400));
  }
};

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::~Reader() = default;

Result<std::unique_ptr<Reader>> Reader::open(std::string_view jpeg) {
  auto state = std::make_unique<State>();
  State& s = *state;
  const bool ok = guarded(s.errors, [&] {
    jpeg_create_decompress(&s.info);
    s.info.progress = &s.progress;
    jpeg_mem_src(&s.info, reinterpret_cast<const unsigned char*>(jpeg.data()), jpeg.size());
    jpeg_read_header(&s.info, TRUE);
  });
  if (!ok) return s.failure();
  const J_COLOR_SPACE space = s.info.jpeg_color_space;
  s.bands = space == JCS_GRAYSCALE ? 1 : space == JCS_YCbCr || space == JCS_RGB ? 3 : 0;
  return std::unique_ptr<Reader>(new Reader(std::move(state)));
}

int Reader::width() const {
  return static_cast<int>(state_->info.image_width);
}
int Reader::height() const {
  return static_cast<int>(state_->info.image_height);
}
int Reader::bands() const {
  return state_->bands;
}

bool Reader::has_quarter_colour() const {
  const jpeg_decompress_struct& info = state_->info;
  if (info.jpeg_color_space != JCS_YCbCr) return false;
  const auto sampled = [&info](int component, int factor) {
    const jpeg_component_info& c = info.comp_info[component];
    return c.h_samp_factor == factor && c.v_samp_factor == factor;
  };
  return sampled(0, 2) && sampled(1, 1) && sampled(2, 1);
}

Result<void> Reader::start(bool planes) {
  State& s = *state_;
  s.info.raw_data_out = planes;
  s.info.out_color_space = s.bands == 1 ? JCS_GRAYSCALE : JCS_RGB;
  if (!guarded(s.errors, [&] { jpeg_start_decompress(&s.info); })) return s.failure();
  if (planes) {
    for (std::size_t i = 0; i < s.planes.size(); ++i) s.planes[i].open(s.info.comp_info[i]);
    return {};
  }
  const auto stride = static_cast<std::size_t>(s.info.output_width) * static_cast<std::size_t>(s.bands);
  s.samples.resize(stride * most_rows);
  for (std::size_t i = 0; i < s.rows.size(); ++i) s.rows[i] = s.samples.data() + stride * i;
  return {};
}

Result<int> Reader::next_rows() {
  State& s = *state_;
  int count = 0;
  if (!guarded(s.errors, [&] { count = static_cast<int>(jpeg_read_scanlines(&s.info, s.rows.data(), most_rows)); }))
    return s.failure();
  return count;
}

const std::uint8_t* Reader::row(int index) const {
  return state_->rows[static_cast<std::size_t>(index)];
}

/// All that the colour of row `y` and the one below it need.
Result<void> Reader::read_planes_for(int y) {
  State& s = *state_;
  const int rows = (height() + 1) / 2;
  while (s.parts * DCTSIZE < std::min(y + 2, rows)) {
    std::array<JSAMPARRAY, 3> parts{};
    for (std::size_t i = 0; i < parts.size(); ++i) parts[i] = s.planes[i].part(s.parts);
    const auto read = [&] { jpeg_read_raw_data(&s.info, parts.data(), 2 * DCTSIZE); };
    if (!guarded(s.errors, read)) return s.failure();
    ++s.parts;
  }
  return {};
}

QuarterColourRow Reader::quarter_colour_row(int y) {
  State& s = *state_;
  const int last = (height() + 1) / 2 - 1;
  QuarterColourRow row;
  for (int i = 0; i < 2; ++i) {
    std::uint8_t* const brightness = s.planes[0].row(std::min(2 * y + i, height() - 1));
    if (width() % 2 != 0) brightness[width()] = brightness[width() - 1];
    row.brightness[static_cast<std::size_t>(i)] = brightness;
  }
  for (int i = -1; i <= 1; ++i) {
    const int neighbour = std::clamp(y + i, 0, last);
    row.blue[static_cast<std::size_t>(i + 1)] = s.planes[1].row(neighbour);
    row.red[static_cast<std::size_t>(i + 1)] = s.planes[2].row(neighbour);
  }
  return row;
}

}  // namespace imcaxy::jpeg
