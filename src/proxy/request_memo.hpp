// Requests that were read before: a popular one is recognised by its bytes instead of being read again.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "base/hash.hpp"
#include "proxy/image_request.hpp"

namespace imcaxy::proxy {

/// A small table, the newest of each place stays. What is read depends on the target alone (negotiated requests are not
/// kept), so an old one is never wrong. Bounded: `places` requests of at most `longest_target` bytes. Not thread-safe:
/// one for each thread.
class RequestMemo {
 public:
  /// Null when it is not known. The result is good until the next `keep`.
  const ImageRequestPtr& find(std::string_view target) const {
    static const ImageRequestPtr none;
    const ImageRequestPtr& place = places_[hash64(target) % places_.size()];
    return place && place->raw_request == target ? place : none;
  }

  void keep(const ImageRequestPtr& request) {
    const bool by_target = !request->negotiated && !request->uploaded && !request->personal && !request->source.file;
    if (!by_target || request->raw_request.size() > longest_target) return;
    places_[hash64(request->raw_request) % places_.size()] = request;
  }

 private:
  static constexpr std::size_t longest_target = 1024;
  std::array<ImageRequestPtr, 512> places_;
};

}  // namespace imcaxy::proxy
