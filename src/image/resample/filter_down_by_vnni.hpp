// filter_down of kernels.hpp for machines that multiply and add in one instruction (AVX-512 VNNI: Ice Lake, Zen 4 and
// later), in two thirds of the time. Internal to the resampler.
#pragma once

#include <cstddef>
#include <cstdint>

namespace imcaxy::image::resample::by_vnni {

bool possible();

/// The same to the bit.
void filter_down(const std::int16_t* const* rows, const std::int16_t* weights, int count, int shift, std::size_t size,
                 std::int16_t* halved);

}  // namespace imcaxy::image::resample::by_vnni
