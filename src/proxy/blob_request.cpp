#include "proxy/blob_request.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "cache/entry.hpp"
#include "http/query.hpp"
#include "processor/atproto/rendition.hpp"
#include "proxy/signature.hpp"

namespace imcaxy::proxy {
namespace {

namespace grammar = processor::atproto;
using image::Format;

/// What the original proxy's router says of a path that is none of its own.
constexpr const char* no_such_page = "404 page not found\n";

constexpr std::array suffixes{Format::jpeg, Format::png, Format::webp, Format::avif};

/// The next part of a path, decoded; the path goes on behind its slash.
std::string next_part(std::string_view& path) {
  const std::size_t slash = path.find('/');
  const std::string part = http::percent_decode(path.substr(0, slash), false);
  path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  return part;
}

/// `cid@webp`: the format that the URL names; unknown for none.
Result<Format> take_suffix(std::string& cid) {
  const std::size_t at = cid.rfind('@');
  if (at == cid.npos) return Format::unknown;
  const std::string name = cid.substr(at + 1);
  cid.resize(at);
  for (const Format format : suffixes)
    if (name == image::name(format)) return format;
  return fail(400, "invalid format: it has to be @jpeg, @png, @webp or @avif");
}

}  // namespace

ImageRequestPtr blob_request(std::string name, const grammar::Preset& preset, const atproto::Blob& blob, Format format,
                             const image::Readable& formats) {
  auto request = std::make_shared<ImageRequest>();
  request->processor = atproto_type;
  request->endpoint = "/" + name;
  request->source.url = request->source.identity = atproto::source_name(blob);
  request->source.key = make_key(request->source.identity, cache::original_type, "");
  request->source.blob = blob;
  request->negotiated = format == Format::unknown;
  grammar::Rendition rendition{preset, format};
  if (request->negotiated) rendition.negotiation = formats;
  request->work = std::make_shared<const grammar::Native>(std::move(rendition));
  // A preset may come to mean something else: what it is belongs to what the answer is.
  request->parameters = {{"width", {std::to_string(preset.width)}},
                         {"height", {std::to_string(preset.height)}},
                         {"fit", {preset.fit == grammar::Preset::Fit::cover ? "cover" : "inside"}},
                         {"quality", {std::to_string(preset.quality)}}};
  if (!request->negotiated) request->parameters["type"] = {std::string(image::name(format))};
  request->signature = make_signature(request->endpoint, request->source.url, request->parameters);
  const std::string variant = request->negotiated ? variant_name(formats) : "";
  request->key = make_key(request->signature, request->processor, variant);
  request->etag = fmt::format("\"{}-{}\"", name, blob.cid.text);
  request->memorable = true;
  return request;
}

Result<ImageRequestPtr> BlobRequestReader::read(std::string_view target, std::string_view path,
                                                std::string_view accept) const {
  const bool four_parts = std::ranges::count(path, '/') == 3 && !path.ends_with('/');
  const std::string name = next_part(path);
  if (!four_parts || next_part(path) != "plain") return fail(404, no_such_page);
  const std::string did = next_part(path);
  std::string cid = next_part(path);
  if (name.empty() || did.empty()) return fail(400, "missing required parameters");
  const auto preset = options_.presets.find(name);
  if (preset == options_.presets.end()) return fail(400, "invalid preset: " + name);
  auto format = take_suffix(cid);
  if (!format) return std::unexpected(std::move(format.error()));
  auto owner = atproto::parse_did(did, options_.allow_localhost);
  if (!owner) return std::unexpected(std::move(owner.error()));
  auto blob_cid = atproto::parse_cid(cid);
  if (!blob_cid) return std::unexpected(std::move(blob_cid.error()));

  const atproto::Blob blob{std::move(*owner), std::move(*blob_cid)};
  const bool named = *format != Format::unknown;
  const Format wanted = named ? *format : preset->second.format;
  const AcceptClass accepted = wanted == Format::unknown ? accept_class(accept) : AcceptClass{0};
  const image::Readable formats = readable(options_.auto_formats, accepted);
  auto request = std::make_shared<ImageRequest>(*blob_request(name, preset->second, blob, wanted, formats));
  request->raw_request = target;
  request->accept_class = accepted;
  // Other bytes under another name, or for another client, are another entity.
  if (named && wanted != preset->second.format)
    request->etag.insert(request->etag.size() - 1, fmt::format("@{}", image::name(wanted)));
  if (request->negotiated) {
    std::string names;
    for (const Format each : formats.modern) names += fmt::format("{}{}", names.empty() ? "" : "+", image::name(each));
    request->etag.insert(request->etag.size() - 1, fmt::format("@{}", names.empty() ? "any" : names));
  }
  return request;
}

Result<BlobRequestReader::Subject> BlobRequestReader::read_subject(std::string_view did, std::string_view cid) const {
  auto owner = atproto::parse_did(http::percent_decode(did, false), options_.allow_localhost);
  if (!owner) return std::unexpected(std::move(owner.error()));
  Subject subject{std::move(*owner), {}};
  if (cid.empty()) return subject;
  auto parsed = atproto::parse_cid(http::percent_decode(cid, false));
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  subject.cid = std::move(*parsed);
  return subject;
}

std::vector<std::string> BlobRequestReader::paths_of(const atproto::Blob& blob) const {
  // Clients write colons as they are, and the mark of a port within a DID as a path has to.
  std::string owner = blob.owner.text;
  if (const std::size_t mark = owner.find('%'); mark != owner.npos) owner.replace(mark, 1, "%25");
  std::vector<std::string> paths;
  for (const auto& [name, preset] : options_.presets) {
    const std::string plain = fmt::format("{}/plain/{}/{}", name, owner, blob.cid.text);
    paths.push_back(plain);
    for (const Format format : suffixes) paths.push_back(fmt::format("{}@{}", plain, image::name(format)));
  }
  return paths;
}

}  // namespace imcaxy::proxy
