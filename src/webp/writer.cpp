#include "webp/writer.hpp"

#include <memory>

#include <fmt/format.h>
#include <webp/encode.h>

namespace imcaxy::webp {
namespace {

struct PictureEnd {
  void operator()(WebPPicture* picture) const { WebPPictureFree(picture); }
};

int append(const std::uint8_t* data, std::size_t size, const WebPPicture* picture) {
  static_cast<std::string*>(picture->custom_ptr)->append(reinterpret_cast<const char*>(data), size);
  return 1;
}

}  // namespace

Result<std::string> write(const Pixels& pixels, const Writing& writing) {
  const auto refused = [](std::string why) { return fail(500, "the WebP can't be written", std::move(why)); };
  WebPConfig config;
  WebPPicture picture;
  if (!WebPConfigInit(&config) || !WebPPictureInit(&picture)) return refused("another libwebp is installed");
  const std::unique_ptr<WebPPicture, PictureEnd> end(&picture);
  config.quality = static_cast<float>(writing.quality);
  config.method = writing.effort;
  if (!WebPValidateConfig(&config)) return refused("quality is 1 to 100, effort 0 to 6");

  std::string out;
  picture.width = pixels.width;
  picture.height = pixels.height;
  picture.writer = append;
  picture.custom_ptr = &out;
  const auto import = pixels.bands == 4 ? WebPPictureImportRGBA : WebPPictureImportRGB;
  if (!import(&picture, pixels.samples, static_cast<int>(pixels.row_bytes)) || !WebPEncode(&config, &picture))
    return refused(fmt::format("libwebp's error {}", static_cast<int>(picture.error_code)));
  return out;
}

}  // namespace imcaxy::webp
