// The transfer curve of sRGB, IEC 61966-2-1: of samples and light from 0 to 1.
#pragma once

#include <cmath>

namespace imcaxy::image {

inline double srgb_light(double sample) {
  return sample <= 0.04045 ? sample / 12.92 : std::pow((sample + 0.055) / 1.055, 2.4);
}

inline double srgb_sample(double light) {
  return light <= 0.0031308 ? light * 12.92 : 1.055 * std::pow(light, 1 / 2.4) - 0.055;
}

}  // namespace imcaxy::image
