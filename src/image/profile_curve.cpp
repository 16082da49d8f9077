#include "image/profile_curve.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.hpp"
#include "image/colour.hpp"
#include "image/library.hpp"

namespace imcaxy::image {
namespace {

using resample::Curve;
using vips::VImage;
using CurvePtr = std::shared_ptr<const Curve>;

constexpr int steps = 1024;
constexpr std::size_t most_remembered = 64;

CurvePtr unowned(const Curve& curve) {
  return {std::shared_ptr<const Curve>(), &curve};
}

/// `steps` + 1 greys from black to white, in as many bands as the picture has colours, with its profile.
VImage ramp_like(const VImage& image) {
  const auto bands = static_cast<std::size_t>(image.bands() - (image.has_alpha() ? 1 : 0));
  std::vector<std::uint16_t> samples;
  for (int i = 0; i <= steps; ++i) samples.insert(samples.end(), bands, static_cast<std::uint16_t>(i * 65535 / steps));
  const VImage plain(vips_image_new_from_memory_copy(samples.data(), samples.size() * sizeof samples[0], steps + 1, 1,
                                                     static_cast<int>(bands), VIPS_FORMAT_USHORT));
  VImage ramp = plain.copy(
      VImage::option()->set("interpretation", bands == 1 ? VIPS_INTERPRETATION_GREY16 : VIPS_INTERPRETATION_RGB16));
  std::size_t size = 0;
  const void* const profile = image.get_blob(VIPS_META_ICC_NAME, &size);
  vips_image_set_blob_copy(ramp.get_image(), VIPS_META_ICC_NAME, profile, size);
  return ramp;
}

/// The light of these greys, as the profile says.
std::vector<double> light_of_greys(const VImage& image) {
  auto* options =
      VImage::option()->set("embedded", true)->set("pcs", VIPS_PCS_XYZ)->set("intent", VIPS_INTENT_RELATIVE);
  const VImage brightness = ramp_like(image).icc_import(options).extract_band(1).cast(VIPS_FORMAT_DOUBLE).copy_memory();
  const auto* const light = static_cast<const double*>(brightness.data());
  return {light, light + brightness.width()};
}

CurvePtr read_curve(const VImage& image) {
  std::vector<double> light = light_of_greys(image);
  const double black = light.front(), white = light.back();
  if (!(white - black > 1)) return unowned(Curve::srgb());  // of 100
  double most = 0;
  for (double& value : light) value = most = std::clamp((value - black) / (white - black), most, 1.0);
  const auto interpolated = [light](double sample) {
    const double place = std::clamp(sample, 0.0, 1.0) * static_cast<double>(light.size() - 1);
    const auto below = std::min(static_cast<std::size_t>(place), light.size() - 2);
    return std::lerp(light[below], light[below + 1], place - static_cast<double>(below));
  };
  return std::make_shared<const Curve>(interpolated);
}

}  // namespace

CurvePtr curve_of(const VImage& image) {
  if (!settings().linear_light) return unowned(Curve::none());
  if (!has_usable_profile(image)) return unowned(Curve::srgb());
  std::size_t size = 0;
  const auto* const profile = static_cast<const char*>(image.get_blob(VIPS_META_ICC_NAME, &size));
  const Key128 key = hash128({profile, size});
  static std::mutex mutex;
  static std::map<Key128, CurvePtr> remembered;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = remembered.find(key); found != remembered.end()) return found->second;
  }
  CurvePtr curve;
  try {
    curve = read_curve(image);
  } catch (const vips::VError&) {
    vips_error_clear();
    curve = unowned(Curve::srgb());
  }
  const std::lock_guard lock(mutex);
  if (remembered.size() >= most_remembered) remembered.clear();
  return remembered.insert_or_assign(key, std::move(curve)).first->second;
}

}  // namespace imcaxy::image
