// Between libvips and the rest: its exceptions end here. Internal to the image module.
#pragma once

#include <string>
#include <utility>

#include <vips/vips8>

#include "base/error.hpp"
#include "base/text.hpp"

namespace imcaxy::image {

/// What the process for foreign formats answers, among calls that throw.
struct ForeignError {
  Error error;
};

/// Calls `work`, which returns a Result; what libvips throws becomes a 400 with its text on one line.
template <class Work>
auto vips_call(Work&& work) -> decltype(work()) {
  try {
    auto result = work();
    vips_error_clear();
    return result;
  } catch (ForeignError& e) {
    vips_error_clear();
    return std::unexpected(std::move(e.error));
  } catch (const vips::VError& e) {
    vips_error_clear();
    std::string text(trimmed(e.what()));
    std::erase(text, '\n');
    return fail(400, text.empty() ? "the picture can't be read" : std::move(text));
  }
}

}  // namespace imcaxy::image
