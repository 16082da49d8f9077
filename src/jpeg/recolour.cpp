#include "jpeg/recolour.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "jpeg/guard.hpp"

namespace imcaxy::jpeg {
namespace {

constexpr std::size_t most_scans = 64;

/// How the coefficients of a progressive picture come.
struct Scans {
  std::array<jpeg_scan_info, most_scans> scans{};
  std::size_t count = 0;
};

class Decoder {
 public:
  explicit Decoder(std::string_view jpeg) : jpeg_(jpeg) { info.err = &errors.manager; }
  ~Decoder() { jpeg_destroy_decompress(&info); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  Result<void> open() {
    const bool ok = guarded(errors, [&] {
      jpeg_create_decompress(&info);
      jpeg_mem_src(&info, reinterpret_cast<const unsigned char*>(jpeg_.data()), jpeg_.size());
      for (int i = 0; i < 16; ++i) jpeg_save_markers(&info, JPEG_APP0 + i, 0xffff);
      jpeg_read_header(&info, TRUE);
    });
    if (!ok) return std::unexpected(errors.error(400));
    if (info.jpeg_color_space != JCS_YCbCr || info.num_components != 3) return fail(400, "the JPEG is not YCbCr");
    return {};
  }
  /// Its coefficients can't be read any more after that.
  Result<Scans> scans() {
    Scans out;
    if (!guarded(errors, [&] { read_scans(out); })) return std::unexpected(errors.error(400));
    return out;
  }
  Result<jvirt_barray_ptr*> coefficients() {
    jvirt_barray_ptr* out = nullptr;
    if (!guarded(errors, [&] { out = jpeg_read_coefficients(&info); })) return std::unexpected(errors.error(400));
    return out;
  }

  ErrorManager errors;
  jpeg_decompress_struct info{};

 private:
  void read_scans(Scans& out) {
    info.buffered_image = TRUE;
    jpeg_start_decompress(&info);
    // The header of the first scan was read with the picture's.
    for (int status = JPEG_REACHED_SOS; status != JPEG_REACHED_EOI; status = jpeg_consume_input(&info)) {
      if (status != JPEG_REACHED_SOS) continue;
      if (out.count == most_scans) ERREXIT(&info, JERR_BAD_PROG_SCRIPT);
      jpeg_scan_info& scan = out.scans[out.count++];
      scan = {info.comps_in_scan, {}, info.Ss, info.Se, info.Ah, info.Al};
      for (int i = 0; i < info.comps_in_scan; ++i) scan.component_index[i] = info.cur_comp_info[i]->component_index;
    }
  }

  std::string_view jpeg_;
};

class Encoder {
 public:
  Encoder() { info.err = &errors.manager; }
  ~Encoder() {
    jpeg_destroy_compress(&info);
    std::free(buffer);
  }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  ErrorManager errors;
  jpeg_compress_struct info{};
  unsigned char* buffer = nullptr;
  unsigned long size = 0;
};

bool fit_together(const jpeg_decompress_struct& a, const jpeg_decompress_struct& b) {
  if (a.image_width != b.image_width || a.image_height != b.image_height) return false;
  const auto alike = [](const jpeg_component_info& x, const jpeg_component_info& y) {
    return x.h_samp_factor == y.h_samp_factor && x.v_samp_factor == y.v_samp_factor;
  };
  return std::equal(a.comp_info, a.comp_info + 3, b.comp_info, alike) && b.comp_info[1].quant_table &&
         b.comp_info[1].quant_tbl_no == b.comp_info[2].quant_tbl_no;
}

void set_colour_table(jpeg_compress_struct& to, const JQUANT_TBL& table) {
  constexpr int place = 1;
  if (!to.quant_tbl_ptrs[place]) to.quant_tbl_ptrs[place] = jpeg_alloc_quant_table(reinterpret_cast<j_common_ptr>(&to));
  std::copy_n(table.quantval, DCTSIZE2, to.quant_tbl_ptrs[place]->quantval);
  to.quant_tbl_ptrs[place]->sent_table = FALSE;
  to.comp_info[1].quant_tbl_no = to.comp_info[2].quant_tbl_no = place;
}

void copy_markers(const jpeg_decompress_struct& from, jpeg_compress_struct& to) {
  const bool own_jfif = to.write_JFIF_header;
  for (const jpeg_marker_struct* marker = from.marker_list; marker; marker = marker->next)
    if (!own_jfif || marker->marker != JPEG_APP0)
      jpeg_write_marker(&to, marker->marker, marker->data, marker->data_length);
}

}  // namespace

Result<std::string> recoloured(std::string_view brightness, std::string_view colours) {
  Decoder scanned(brightness), bright(brightness), coloured(colours);
  for (Decoder* decoder : {&scanned, &bright, &coloured})
    if (auto ok = decoder->open(); !ok) return std::unexpected(std::move(ok.error()));
  auto scans = scanned.scans();
  const auto wanted = bright.coefficients();
  const auto given = coloured.coefficients();
  if (!scans) return std::unexpected(std::move(scans.error()));
  if (!wanted) return std::unexpected(wanted.error());
  if (!given) return std::unexpected(given.error());
  if (!fit_together(bright.info, coloured.info)) return fail(400, "the JPEGs are not of the same picture");
  std::array<jvirt_barray_ptr, 3> arrays{(*wanted)[0], (*given)[1], (*given)[2]};

  Encoder out;
  const bool ok = guarded(out.errors, [&] {
    jpeg_create_compress(&out.info);
    jpeg_mem_dest(&out.info, &out.buffer, &out.size);
    jpeg_copy_critical_parameters(&bright.info, &out.info);
    out.info.write_JFIF_header = bright.info.saw_JFIF_marker;
    out.info.write_Adobe_marker = FALSE;
    set_colour_table(out.info, *coloured.info.comp_info[1].quant_table);
    out.info.optimize_coding = TRUE;
    if (bright.info.progressive_mode) {
      out.info.scan_info = scans->scans.data();
      out.info.num_scans = static_cast<int>(scans->count);
    }
    jpeg_write_coefficients(&out.info, arrays.data());
    copy_markers(bright.info, out.info);
    jpeg_finish_compress(&out.info);
  });
  if (!ok) return std::unexpected(out.errors.error(400));
  return std::string(reinterpret_cast<const char*>(out.buffer), out.size);
}

}  // namespace imcaxy::jpeg
