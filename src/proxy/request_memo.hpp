// Requests that were read before: a popular one is recognised by its bytes instead of being read again.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "base/hash.hpp"
#include "proxy/image_request.hpp"

namespace imcaxy::proxy {

/// A small table, the newest of each place stays. What is read depends on the target, and on the class of the Accept
/// header where the format is negotiated; requests that depend on more are not kept. So an old one is never wrong.
/// Bounded: `places` requests of at most `longest_target` bytes. Not thread-safe: one for each thread.
class RequestMemo {
 public:
  /// Null when it is not known. The result is good until the next `keep`.
  const ImageRequestPtr& find(std::string_view target, AcceptClass accepted) const {
    static const ImageRequestPtr none;
    const std::uint64_t hash = hash64(target);
    const ImageRequestPtr& place = places_[(hash + accepted) % places];
    if (fits(place, target, accepted)) return place;
    const ImageRequestPtr& place_of_all = places_[hash % places];
    return fits(place_of_all, target, accepted) ? place_of_all : none;
  }

  void keep(const ImageRequestPtr& request) {
    if (!request->memorable || request->raw_request.size() > longest_target) return;
    places_[(hash64(request->raw_request) + request->accept_class) % places] = request;
  }

 private:
  static constexpr std::size_t longest_target = 1024;
  static constexpr std::size_t places = 512;

  static bool fits(const ImageRequestPtr& request, std::string_view target, AcceptClass accepted) {
    return request && request->raw_request == target && (!request->negotiated || request->accept_class == accepted);
  }

  std::array<ImageRequestPtr, places> places_;
};

}  // namespace imcaxy::proxy
