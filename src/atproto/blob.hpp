// One blob of one account.
#pragma once

#include <string>

#include "atproto/cid.hpp"
#include "atproto/did.hpp"

namespace imcaxy::atproto {

struct Blob {
  Did owner;
  Cid cid;

  bool operator==(const Blob&) const = default;
};

/// What the cache and its invalidations call everything of an account, and one blob of it.
inline std::string owner_prefix(const Did& owner) {
  return "at://" + owner.text + "/";
}
inline std::string source_name(const Blob& blob) {
  return owner_prefix(blob.owner) + blob.cid.text;
}

}  // namespace imcaxy::atproto
