// What is told of an answer whose quality was chosen.
#pragma once

namespace imcaxy::image {

struct Predicted {
  int quality = 0;   ///< the codec's own number
  double score = 0;  ///< that is expected of it, by SSIMULACRA 2
};

}  // namespace imcaxy::image
