// Animations inside libvips: one tall image, the frames below each other. Everything that must not mix the rows of
// neighbours goes through here; on a still picture all of this does nothing. Internal to the image module; may throw
// vips::VError.
#pragma once

#include <functional>
#include <vector>

#include <vips/vips8>

namespace imcaxy::image {

int frames_in(const vips::VImage& image);
int frame_height(const vips::VImage& image);

/// One frame as a still picture: nothing of its metadata speaks of an animation. The first one is 0.
vips::VImage frame_of(const vips::VImage& image, int index);

using FrameWork = std::function<vips::VImage(const vips::VImage& frame)>;
/// Does the same to every frame alone. `work` may change the size, to the same one for all. Delays, loops and all other
/// metadata stay. Frames are asked for from the first to the last, so that the image may still be decoding; the
/// result's pixels are in memory.
vips::VImage each_frame(const vips::VImage& image, const FrameWork& work);

/// In milliseconds, one for each frame.
std::vector<int> delays_of(const vips::VImage& image);

/// What is to lie over one frame, repeated so that it lies over all frames of `image`.
vips::VImage over_all_frames(const vips::VImage& overlay, const vips::VImage& image);

}  // namespace imcaxy::image
