// Requests for blobs: `{preset}/plain/{did}/{cid}`, with or without a format at the end.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "image/format.hpp"
#include "processor/atproto/preset.hpp"
#include "proxy/accept_class.hpp"
#include "proxy/image_request.hpp"

namespace imcaxy::proxy {

struct BlobReaderOptions {
  processor::atproto::Presets presets;
  std::vector<image::Format> auto_formats;  ///< of presets that leave it open, at most 8
  bool allow_localhost = false;             ///< as the host of a did:web
};

/// Immutable; thread-safe. Asks nobody: a request that can't be right costs no look-up.
class BlobRequestReader {
 public:
  explicit BlobRequestReader(BlobReaderOptions options) : options_(std::move(options)) {}

  /// `path`: what follows `/img/`, as it came; it is decoded once. Errors have the words of the original proxy.
  Result<ImageRequestPtr> read(std::string_view target, std::string_view path, std::string_view accept) const;

  /// `{did}` and, with `cid`, `/{cid}`: for who moderates.
  struct Subject {
    atproto::Did owner;
    std::optional<atproto::Cid> cid;  ///< nothing: all of the owner's
  };
  Result<Subject> read_subject(std::string_view did, std::string_view cid) const;

  /// The path below `/img/` of each form of a blob that a link can name.
  std::vector<std::string> paths_of(const atproto::Blob& blob) const;

  AcceptClass accept_class(std::string_view accept) const { return class_of(accept, options_.auto_formats); }
  ClientClass client_class(AcceptClass accepted) const { return proxy::client_class(options_.auto_formats, accepted); }

 private:
  const BlobReaderOptions options_;
};

/// The request for a blob as a preset of that name; `format` unknown: negotiated among `formats`.
ImageRequestPtr blob_request(std::string name, const processor::atproto::Preset& preset, const atproto::Blob& blob,
                             image::Format format, const image::Readable& formats = {});

}  // namespace imcaxy::proxy
