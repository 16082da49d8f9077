// What of a picture's metadata reaches the answer: cameras write places and names into it. Internal to the image
// module.
#pragma once

#include <vips/vips8>

namespace imcaxy::image {

/// Only what a viewer needs to show the picture right: the profile, the orientation of a picture that was not turned,
/// the frames' delays. `nothing_at_all` leaves neither profile nor orientation.
vips::VImage without_private_metadata(const vips::VImage& image, bool nothing_at_all);

/// What a saver has to be told so that it writes that and nothing more.
vips::VOption* saving_public_metadata(const vips::VImage& image);

}  // namespace imcaxy::image
