// Pictures that are sent as they came, without what is private.
#include "target.hpp"

#include <array>

#include "base/bytes.hpp"
#include "image/as_it_came.hpp"

using namespace imcaxy;
using fuzz::require;

FUZZ_TARGET(as_it_came) {
  using image::Format;
  for (const Format format : {Format::jpeg, Format::png, Format::gif, Format::webp, Format::avif}) {
    const auto copy = image::as_it_came(Bytes::copy(input), format);
    if (!copy) continue;
    require(copy->size() <= input.size(), "things are left out, and nothing is added");
    const auto again = image::as_it_came(*copy, format);
    require(again && again->view() == copy->view(), "what is left out once is out");
  }
}
