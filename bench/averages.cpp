// The same resize with every pixel and with averages of pixels: imcaxy_averages JPEG WIDTH FOLDER writes exact.png,
// exact.jpg and averaged.jpg (quality 80). For averages.py.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/file.hpp"
#include "image/header.hpp"
#include "image/library.hpp"
#include "image/workpiece.hpp"

namespace {

using namespace imcaxy;

/// How precisely a picture is decoded is settled by the format that it is decoded for.
bool write(const Bytes& source, const image::Header& header, image::Size size, image::Format decoded_for,
           const image::Encoding& encoding, const std::string& path) {
  image::Edit edit;
  edit.scale = image::Scale{size};
  edit.encoding = {.format = decoded_for, .quality = 80};
  image::Workpiece work(source, header);
  if (!work.apply(edit)) return false;
  const auto picture = work.encode(encoding);
  if (!picture) return false;
  std::ofstream(path, std::ios::binary) << picture->bytes.view();
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 || !image::start()) return 2;
  auto read = read_file(argv[1], 100u << 20);
  if (!read) return 1;
  const Bytes source = Bytes::adopt(std::move(*read));
  const auto header = image::read_header(source, {});
  if (!header) return 1;
  const int width = std::atoi(argv[2]);
  const image::Size size{width, static_cast<int>(1.0 * width * header->size.height / header->size.width + 0.5)};
  const std::string folder = argv[3];
  const image::Encoding png{.format = image::Format::png}, jpeg{.format = image::Format::jpeg, .quality = 80};
  return write(source, *header, size, image::Format::png, png, folder + "/exact.png") &&
                 write(source, *header, size, image::Format::png, jpeg, folder + "/exact.jpg") &&
                 write(source, *header, size, image::Format::jpeg, jpeg, folder + "/averaged.jpg")
             ? 0
             : 1;
}
