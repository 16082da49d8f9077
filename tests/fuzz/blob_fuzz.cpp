// The path of a blob's request, a DID document, and how far a picture's file goes.
#include "target.hpp"

#include <algorithm>
#include <string>

#include "atproto/document.hpp"
#include "http/url.hpp"
#include "image/completeness.hpp"
#include "processor/atproto/preset.hpp"
#include "proxy/blob_request.hpp"

using namespace imcaxy;
using fuzz::require;

namespace {

const proxy::BlobRequestReader& reader() {
  static const proxy::BlobRequestReader reader({.presets = processor::atproto::coves_presets(),
                                                .auto_formats = {image::Format::avif, image::Format::webp},
                                                .allow_localhost = true});
  return reader;
}

void look_at_path(std::string_view path) {
  const auto read = reader().read(path, path, "image/webp");
  if (!read) {
    require(read.error().status == 400 || read.error().status == 404, "a path that is none is a client's mistake");
    return;
  }
  const proxy::ImageRequest& request = **read;
  const atproto::Blob& blob = *request.source.blob;
  require(atproto::parse_did(blob.owner.text, true) == blob.owner, "an owner has one spelling");
  require(atproto::parse_cid(blob.cid.text) == blob.cid, "a blob has one spelling");
  require(request.source.url.find_first_of(" \r\n\"<>") == std::string::npos, "names are safe to write down");
  const auto forms = reader().paths_of(blob);
  const bool known = std::ranges::any_of(forms, [&](const std::string& form) {
    const auto again = reader().read(form, form, "image/webp");
    return again && (*again)->key == request.key;
  });
  require(known, "each form of a blob is one that a purge names");
}

void look_at_document(std::string_view text) {
  const auto pds = atproto::pds_of_document(text, *atproto::parse_did("did:web:a.example", false));
  if (!pds) return require(pds.error().status == 502, "a document that is none is its server's mistake");
  const auto url = http::parse_url(*pds);
  require(url && url->path == "/" && !pds->ends_with('/'), "a server is a scheme and an authority");
}

}  // namespace

FUZZ_TARGET(blob) {
  look_at_path(input);
  look_at_document(input);
  static_cast<void>(processor::atproto::parse_presets(input));
  for (const auto format : {image::Format::jpeg, image::Format::png, image::Format::gif, image::Format::webp})
    if (image::is_complete(format, input))
      require(image::is_complete(format, std::string(input) + "more"), "what follows a whole file changes nothing");
}
