#include "proxy/image_request.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "cache/entry.hpp"
#include "http/multipart.hpp"
#include "http/url.hpp"
#include "proxy/accept_class.hpp"

namespace imcaxy::proxy {
namespace {

namespace imaginary = processor::imaginary;

std::unexpected<Error> no_source() {
  return fail(400, "Cannot process the image due to missing or invalid params");
}

/// Tells clients apart by what the source is told of them, without keeping it.
std::string client_hash(const std::vector<std::string>& forwarded) {
  return sha256_hex(joined(forwarded, "\n"));
}

/// 400 in the words of Imaginary for what can't be the address of a picture.
Result<http::Url> read_address(std::string_view address) {
  if (http::has_bad_escape(address)) return fail(400, "Invalid image URL");
  auto url = http::parse_url(address);
  if (!url)
    return fail(400, fmt::format("error fetching remote http image: Get \"{}\": {}", address, url.error().message));
  return url;
}

SourceRef source_ref(std::string url, std::string identity) {
  SourceRef ref;
  ref.key = make_key(identity, cache::original_type, "");
  ref.url = std::move(url);
  ref.identity = std::move(identity);
  return ref;
}

}  // namespace

/// All but the source and what follows from it.
RequestReader::Draft RequestReader::begin(const RawRequest& raw, http::Query query) const {
  auto made = std::make_shared<ImageRequest>();
  const int density = take_hints(*made, raw, query);
  imaginary::Request operation{imaginary::find_operation(raw.operation), imaginary::read_params(query)};
  Draft draft{std::move(made), std::move(operation), std::move(query)};
  ImageRequest& request = *draft.request;
  request.raw_request = raw.target;
  request.endpoint = "/" + std::string(raw.operation);
  request.parameters = shaping_parameters(draft.query);
  request.personal = !raw.forwarded.empty();
  negotiate(request, draft.operation, raw.accept);
  aim(request, draft.operation, density);
  draft.operation.deadline = options_.deadline;
  request.client_lines = client_lines(request.negotiated, request.hints, request.hint_class, options_.hints);
  return draft;
}

/// From here on it is as if the client had named what its headers say. Returns its screen's density.
int RequestReader::take_hints(ImageRequest& request, const RawRequest& raw, http::Query& query) const {
  request.hints = hints_wanted(raw.operation, query, options_.hints);
  request.hint_class = hint_class(request.hints, raw.header);
  return settle_hints(raw.operation, query, request.hints, request.hint_class, options_.hints);
}

void RequestReader::aim(ImageRequest& request, imaginary::Request& operation, int density) const {
  if (!options_.quality_targets) return;
  operation.targets = options_.quality_targets->on_screen(density);
  // Nodes find each other's pictures by what stands in the parameters: there must be a difference.
  if (density > 1 && imaginary::leaves_quality_open(operation)) request.parameters["dpr"] = {std::to_string(density)};
}

void RequestReader::negotiate(ImageRequest& request, imaginary::Request& operation, std::string_view accept) const {
  if (options_.auto_formats.empty()) {
    if (!operation.params || operation.params->type != "auto") return;
    operation.params->type = imaginary::type_for_accept(accept);
    request.negotiated = true;
    return;
  }
  if (!imaginary::leaves_format_open(operation)) {
    // It has a meaning only where there is a choice.
    if (operation.params && operation.params->type == "auto") operation.params->type.clear();
    return;
  }
  operation.params->type.clear();
  request.negotiated = true;
  request.accept_class = accept_class(accept);
  operation.negotiation = readable(options_.auto_formats, request.accept_class);
}

AcceptClass RequestReader::accept_class(std::string_view accept) const {
  return class_of(accept, options_.auto_formats);
}

namespace {

/// Of which formats the answer's is one.
std::string formats_of(const ImageRequest& request, const imaginary::Request& operation) {
  if (!request.negotiated) return {};
  return operation.negotiation ? variant_name(*operation.negotiation) : "type=" + operation.params->type;
}

/// What an answer depends on besides the signature: another target means other bytes.
std::string variant_of(const ImageRequest& request, const imaginary::Request& operation) {
  const std::string formats = formats_of(request, operation);
  if (!imaginary::leaves_quality_open(operation)) return formats;
  const imaginary::QualityTargets& targets = *operation.targets;
  return fmt::format("{};targets={},{},{}", formats, targets.low, targets.normal, targets.high);
}

}  // namespace

SourceRef RequestReader::remote_source(const http::Url& url, const std::vector<std::string>& forwarded) const {
  // Whoever tells the source something else may get another picture, or none.
  SourceRef ref = source_ref(url.text, forwarded.empty() ? url.text : url.text + " " + client_hash(forwarded));
  ref.headers = forwarded;
  if (!options_.authorization.empty()) ref.headers.push_back("Authorization: " + options_.authorization);
  return ref;
}

Result<SourceRef> RequestReader::find_remote(std::string_view address,
                                             const std::vector<std::string>& forwarded) const {
  const auto url = read_address(address);
  if (!url) return std::unexpected(url.error());
  if (auto ok = options_.policy.check(*url); !ok) return std::unexpected(std::move(ok.error()));
  return remote_source(*url, forwarded);
}

/// Imaginary unescapes the name once more than the query does; a name that only exists as it is written is fine, too.
Result<SourceRef> RequestReader::find_file(std::string_view name) const {
  auto found = options_.folder->find(http::percent_decode(name, true));
  if (!found) found = options_.folder->find(name);
  if (!found && http::has_bad_escape(name)) return no_source();
  if (!found) return std::unexpected(std::move(found.error()));
  std::string url = "file:///" + found->name;
  SourceRef ref = source_ref(url, url + " " + found->version);
  ref.file = std::move(*found);
  return ref;
}

std::shared_ptr<const processor::Work> RequestReader::work_for(Draft& draft) const {
  auto& [request, operation, query] = draft;
  if (!options_.remote || imaginary::may_fetch(operation, query))
    return std::make_shared<const imaginary::Native>(std::move(operation));
  return std::make_shared<const imaginary::Forward>(*options_.remote, std::move(operation), request->endpoint, query);
}

Result<ImageRequestPtr> RequestReader::finish(Draft draft, const RawRequest& raw) const {
  const auto& request = draft.request;
  const imaginary::Request& operation = draft.operation;
  for (const std::string& address : imaginary::mark_addresses(operation)) {
    const auto url = read_address(address);
    if (!url) {
      request->marks.emplace(address, std::unexpected(url.error()));  // told when it is laid on
      continue;
    }
    if (auto ok = options_.policy.check(*url); !ok) return std::unexpected(std::move(ok.error()));
    request->marks.emplace(address, remote_source(*url, raw.forwarded));
  }
  request->signature = make_signature(request->endpoint, request->source.url, request->parameters);
  if (request->source.file) request->signature += "version=" + request->source.file->version + "|";
  if (request->personal) request->signature += "client=" + client_hash(raw.forwarded) + "|";
  const std::string variant = variant_of(*request, operation);
  // Without classes the order of an Accept header counts.
  const bool by_order = request->negotiated && !operation.negotiation;
  request->work = work_for(draft);
  request->key = make_key(request->signature, request->work->processor(), variant);
  request->memorable = !by_order && !request->uploaded && !request->personal && !request->source.file;
  return request;
}

Result<ImageRequestPtr> RequestReader::read(const RawRequest& raw) const {
  const http::Query query = http::parse_query(raw.query);
  const std::string_view url = http::find(query, "url").value_or("");
  const std::string_view file = options_.folder ? http::find(query, "file").value_or("") : "";
  if (url.empty() && file.empty()) return no_source();
  Result<SourceRef> source = url.empty() ? find_file(file) : find_remote(url, raw.forwarded);
  if (!source) return std::unexpected(std::move(source.error()));
  Draft draft = begin(raw, query);
  draft.request->source = std::move(*source);
  return finish(std::move(draft), raw);
}

Result<ImageRequestPtr> RequestReader::read_upload(const RawRequest& raw, std::string_view content_type,
                                                   std::string body) const {
  Draft draft = begin(raw, http::parse_query(raw.query));
  const auto& request = draft.request;
  request->uploaded = true;
  request->upload = Bytes::adopt(std::move(body));
  if (ascii_lower(content_type).starts_with("multipart/")) {
    const auto file = http::form_field(content_type, request->upload.view(), "file");
    if (!file) return std::unexpected(file.error());
    request->upload = Bytes::wrap(*file, std::make_shared<const Bytes>(request->upload));
  }
  if (request->upload.empty()) return fail(400, "Empty or unreadable image");
  const std::string url = "body:" + sha256_hex(request->upload.view());
  request->source = source_ref(url, url);
  return finish(std::move(draft), raw);
}

bool RequestReader::reads_folder(std::string_view query) const {
  return options_.folder && query.find("file=") != query.npos;
}

std::vector<std::string> RequestReader::forwarded(
    const std::function<std::optional<std::string_view>(std::string_view)>& header) const {
  std::vector<std::string> out;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) out.push_back(fmt::format("{}: {}", name, value));
  };
  const bool authorizes = options_.forward_authorization || !options_.authorization.empty();
  for (const std::string& name : options_.forward_headers)
    if (!authorizes || ascii_lower(name) != "authorization") add(name, header(name).value_or(""));
  if (!options_.forward_authorization || !options_.authorization.empty()) return out;
  const std::string_view meant = header("X-Forward-Authorization").value_or("");
  add("Authorization", meant.empty() ? header("Authorization").value_or("") : meant);
  return out;
}

std::string RequestReader::forwarded_names() const {
  std::vector<std::string> names = options_.forward_headers;
  if (options_.forward_authorization && options_.authorization.empty())
    names.insert(names.end(), {"X-Forward-Authorization", "Authorization"});
  return joined(names, ", ");
}

}  // namespace imcaxy::proxy
