// The bytes of one object over several tries. Internal to the client.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "s3/failure.hpp"
#include "s3/object.hpp"

namespace imcaxy::s3 {

/// Belongs to the client's thread.
class Download {
 public:
  explicit Download(GetRequest request) : request_(std::move(request)) {}

  /// What the next try has to ask with, beyond the object's name.
  std::vector<std::string> headers() const;

  /// A try's answer begins. `head.bytes`: of its body, as far as that is announced.
  Outcome<void> begin(ObjectHead head, unsigned status, std::string_view content_range);
  Outcome<void> take(std::string_view bytes);
  /// The answer was whole.
  Outcome<void> end() const;

  bool complete() const { return begun_ && received_ == expected_; }
  const ObjectHead& head() const { return head_; }

 private:
  Outcome<void> check_part(unsigned status, std::string_view content_range, std::uint64_t first);

  GetRequest request_;
  bool begun_ = false;  ///< by any of the tries
  ObjectHead head_;
  std::uint64_t expected_ = 0, received_ = 0;
  Sha256 hash_;
};

}  // namespace imcaxy::s3
