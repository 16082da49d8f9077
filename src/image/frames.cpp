#include "image/frames.hpp"

#include "image/rows.hpp"

#include <vector>

namespace imcaxy::image {
namespace {

using vips::VImage;

void forget(VImage& image, const char* field) {
  if (image.get_typeof(field) != 0) image.remove(field);
}

VImage cut_out(const VImage& image, int index) {
  const int height = frame_height(image);
  VImage frame = image.extract_area(0, index * height, image.width(), height).copy();
  // Enlarged to twice its height, a frame that kept this would look like two.
  forget(frame, VIPS_META_PAGE_HEIGHT);
  return frame;
}

}  // namespace

int frame_height(const VImage& image) {
  return vips_image_get_page_height(image.get_image());
}

int frames_in(const VImage& image) {
  return image.height() / frame_height(image);
}

VImage frame_of(const VImage& image, int index) {
  VImage frame = cut_out(image, index);
  for (const char* field : {VIPS_META_N_PAGES, "delay", "loop", "gif-delay", "gif-loop"}) forget(frame, field);
  return frame;
}

VImage each_frame(const VImage& image, const FrameWork& work) {
  const int frames = frames_in(image);
  if (frames == 1) return work(image);
  // One after the other and at once: were they only planned, every frame's buffers would stay until the last is
  // written.
  std::vector<VImage> done;
  for (int i = 0; i < frames; ++i) done.push_back(in_memory(work(cut_out(image, i))));
  VImage joined = VImage::arrayjoin(done, VImage::option()->set("across", 1)).copy();
  joined.set(VIPS_META_PAGE_HEIGHT, done.front().height());
  return joined;
}

std::vector<int> delays_of(const VImage& image) {
  std::vector<int> delays;
  if (image.get_typeof("delay") != 0) delays = image.get_array_int("delay");
  delays.resize(static_cast<std::size_t>(frames_in(image)), 100);
  return delays;
}

VImage over_all_frames(const VImage& overlay, const VImage& image) {
  const int frames = frames_in(image);
  return frames == 1 ? overlay : in_memory(overlay).replicate(1, frames);
}

}  // namespace imcaxy::image
