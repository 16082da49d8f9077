// Requests that were read before: a popular one is recognised by its bytes instead of being read again.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "base/hash.hpp"
#include "proxy/image_request.hpp"

namespace imcaxy::proxy {

/// A small table, the newest of each place stays. What is read depends on the target, on the class of the Accept header
/// where the format is negotiated, and on that of the client's hints where the request leaves something to them;
/// requests that depend on more are not kept. So an old one is never wrong.
/// Bounded: `places` requests of at most `longest_target` bytes. Not thread-safe: one for each thread.
class RequestMemo {
 public:
  /// Null when it is not known. The result is good until the next `keep`. `class_of(const HintsWanted&)` is only called
  /// for a target that leaves something to its client, so that others don't pay for it.
  template <class ClassOf>
  const ImageRequestPtr& find(std::string_view target, AcceptClass accepted, ClassOf&& class_of) const {
    const std::uint64_t hash = hash64(target);
    const ImageRequestPtr& place = places_[(hash + accepted) % places];
    if (fits(place, target, accepted)) return of_class(place, hash + accepted, class_of);
    const ImageRequestPtr& place_of_all = places_[hash % places];
    return fits(place_of_all, target, accepted) ? of_class(place_of_all, hash, class_of) : none();
  }

  /// The same where nothing is left to clients but the format.
  const ImageRequestPtr& find(std::string_view target, AcceptClass accepted) const {
    return find(target, accepted, [](const HintsWanted&) { return HintClass{}; });
  }

  void keep(const ImageRequestPtr& request) {
    if (!request->memorable || request->raw_request.size() > longest_target) return;
    const std::uint64_t hash = hash64(request->raw_request) + request->accept_class;
    // In front, where it tells that hints count, and beside those of other classes.
    places_[hash % places] = request;
    if (request->hints.any()) places_[(hash + request->hint_class.spread()) % places] = request;
  }

 private:
  static constexpr std::size_t longest_target = 1024;
  static constexpr std::size_t places = 512;

  static bool fits(const ImageRequestPtr& request, std::string_view target, AcceptClass accepted) {
    return request && request->raw_request == target && (!request->negotiated || request->accept_class == accepted);
  }

  static const ImageRequestPtr& none() {
    static const ImageRequestPtr none;
    return none;
  }

  /// `found`, or what is kept of the same request for a client of another class.
  template <class ClassOf>
  const ImageRequestPtr& of_class(const ImageRequestPtr& found, std::uint64_t hash, ClassOf& class_of) const {
    if (!found->hints.any()) return found;
    const HintClass hints = class_of(found->hints);
    if (found->hint_class == hints) return found;
    const ImageRequestPtr& other = places_[(hash + hints.spread()) % places];
    return other && other->hint_class == hints && fits(other, found->raw_request, found->accept_class) ? other : none();
  }

  std::array<ImageRequestPtr, places> places_;
};

}  // namespace imcaxy::proxy
