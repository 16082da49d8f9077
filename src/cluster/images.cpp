#include "cluster/images.hpp"

#include <algorithm>

#include "cluster/collections.hpp"
#include "http/query.hpp"

namespace imcaxy::cluster {
namespace {

using cache::EntryMeta;
using mongo::Document;
using mongo::Outcome;
using Kind = mongo::Failure::Kind;

/// What is not UTF-8 only describes an entry, and is never used to find it.
std::string readable(std::string text) {
  if (mongo::is_text(text)) return text;
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return text;
}

/// Pictures of one request in several formats have one signature, which here has to be unique.
std::string mark_of(const Key128& key) {
  return "variant=" + key.hex() + "|";
}

/// When its source is to be asked, and when it goes.
Document times_of(const EntryMeta& meta) {
  Document out = Document::object();
  if (meta.expires) out["expires"] = mongo::date(*meta.expires);
  if (const auto& fresh = meta.fresh)
    out["fresh"] = {{"until", mongo::date(fresh->until)},
                    {"whileRevalidate", mongo::date(fresh->while_revalidate)},
                    {"ifError", mongo::date(fresh->if_error)}};
  return out;
}

std::optional<cache::Freshness> fresh_of(const Document& document) {
  const auto fresh = document.find("fresh");
  if (fresh == document.end()) return std::nullopt;
  const auto until = mongo::date_in(*fresh, "until"), revalidate = mongo::date_in(*fresh, "whileRevalidate"),
             error = mongo::date_in(*fresh, "ifError");
  if (!until || !revalidate || !error) return std::nullopt;
  return cache::Freshness{*until, *revalidate, *error};
}

Document document_of(const StoredImage& image) {
  const EntryMeta& meta = image.meta;
  Document parameters = Document::object();
  for (const auto& [name, values] : meta.processing_params) {
    Document list = Document::array();
    for (const std::string& value : values) list.push_back(readable(value));
    // A name in BSON ends at a NUL.
    parameters[readable(name.substr(0, name.find('\0')))] = std::move(list);
  }
  Document headers = Document::array();
  for (const auto& [name, value] : meta.headers) headers.push_back({readable(name), readable(value)});
  Document out{{"rawRequest", readable(meta.raw_request)},
               {"requestSignature", stored_signature(meta)},
               {"processorType", meta.processor_type},
               {"processorEndpoint", meta.processor_endpoint},
               {"mimeType", meta.mime_type},
               {"imageSize", image.bytes},
               {"sourceImageURL", meta.source_url},
               {"processingParams", std::move(parameters)},
               {"key", meta.key.hex()},
               {"object", image.object},
               {"since", image.since},
               {"etag", meta.etag},
               {"headers", std::move(headers)},
               {"originalBytes", meta.original_bytes},
               {"personal", meta.personal},
               {"created", mongo::date(meta.created)},
               {"lastAccess", mongo::date(image.last_access)}};
  if (meta.effort > 0) out["effort"] = meta.effort;
  if (!meta.source_hash.empty()) out["sourceHash"] = meta.source_hash;
  out.update(times_of(meta));
  return out;
}

/// Nothing for a document that names no picture.
std::optional<StoredImage> image_of(const Document& document) {
  using mongo::text_in;
  StoredImage image;
  EntryMeta& meta = image.meta;
  const auto signature = text_in(document, "requestSignature"), processor = text_in(document, "processorType");
  const auto bytes = mongo::number_in(document, "imageSize");
  if (!signature || !processor || !bytes || *bytes < 0) return std::nullopt;
  meta.request_signature = *signature;
  meta.processor_type = *processor;
  image.bytes = static_cast<std::uint64_t>(*bytes);
  meta.raw_request = text_in(document, "rawRequest").value_or("");
  meta.processor_endpoint = text_in(document, "processorEndpoint").value_or("");
  meta.mime_type = text_in(document, "mimeType").value_or("");
  meta.source_url = text_in(document, "sourceImageURL").value_or("");
  meta.etag = text_in(document, "etag").value_or("");
  meta.created = mongo::date_in(document, "created").value_or(WallTime{});
  meta.expires = mongo::date_in(document, "expires");
  meta.fresh = fresh_of(document);
  meta.source_hash = text_in(document, "sourceHash").value_or("");
  // Of whom knew nothing of this field: unknown.
  if (const auto of = mongo::number_in(document, "originalBytes"); of && *of > 0)
    meta.original_bytes = static_cast<std::uint64_t>(*of);
  meta.effort = static_cast<int>(std::clamp<std::int64_t>(mongo::number_in(document, "effort").value_or(0), 0, 1000));
  const auto personal = document.find("personal");
  meta.personal = personal != document.end() && *personal == true;
  if (const auto key = Key128::from_hex(text_in(document, "key").value_or(""))) meta.key = *key;
  if (const std::string mark = mark_of(meta.key); meta.request_signature.ends_with(mark))
    meta.request_signature.resize(meta.request_signature.size() - mark.size());
  if (const auto it = document.find("processingParams"); it != document.end() && it->is_object())
    for (const auto& [name, values] : it->items())
      if (values.is_array())
        for (const Document& value : values)
          if (value.is_string()) meta.processing_params[name].push_back(value.get<std::string>());
  if (const auto it = document.find("headers"); it != document.end() && it->is_array())
    for (const Document& pair : *it)
      if (pair.is_array() && pair.size() == 2 && pair[0].is_string() && pair[1].is_string())
        meta.headers.emplace_back(pair[0].get<std::string>(), pair[1].get<std::string>());
  image.object = text_in(document, "object").value_or(original_object_name(*signature, *processor));
  image.since = mongo::number_in(document, "since").value_or(0);
  image.last_access = mongo::date_in(document, "lastAccess").value_or(WallTime{});
  return image;
}

Document identity_of(const EntryMeta& meta) {
  return {{"requestSignature", stored_signature(meta)}, {"processorType", meta.processor_type}};
}

std::string escaped_for_pattern(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && static_cast<unsigned char>(c) < 0x80) out += '\\';
    out += c;
  }
  return out;
}

Outcome<void> without_value(auto outcome) {
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  return {};
}

}  // namespace

std::string original_object_name(std::string_view signature, std::string_view processor) {
  // As Go's url.PathEscape writes it.
  const auto escaped = [](std::string_view text) {
    std::string out;
    for (const char c : text)
      out += std::string_view("$&+=:@").find(c) == std::string_view::npos ? http::percent_encode({&c, 1})
                                                                          : std::string(1, c);
    return out;
  };
  return escaped(signature) + "::" + escaped(processor);
}

std::string stored_signature(const std::string& signature, const Key128& key, bool negotiated) {
  return negotiated ? signature + mark_of(key) : signature;
}

std::string stored_signature(const EntryMeta& meta) {
  const bool negotiated = std::ranges::any_of(meta.headers, [](const auto& header) { return header.first == "Vary"; });
  return stored_signature(meta.request_signature, meta.key, negotiated);
}

Outcome<void> Images::prepare() {
  return mongo_.ensure_indexes(
      images_collection,
      Document::array(
          {{{"key", {{"requestSignature", 1}, {"processorType", 1}}}, {"name", "signature"}, {"unique", true}},
           {{"key", {{"sourceImageURL", 1}}}, {"name", "source"}},
           {{"key", {{"lastAccess", 1}}}, {"name", "lastAccess"}},
           {{"key", {{"expires", 1}}}, {"name", "expires"}, {"sparse", true}},
           {{"key", {{"object", 1}}}, {"name", "object"}, {"sparse", true}}}));
}

Outcome<std::optional<StoredImage>> Images::find(const std::string& signature, const std::string& processor) {
  auto found = mongo_.find_one(images_collection, {{"requestSignature", signature}, {"processorType", processor}});
  if (!found) return std::unexpected(std::move(found.error()));
  if (!*found) return std::nullopt;
  return image_of(**found);
}

Outcome<Images::Put> Images::put(const StoredImage& image) {
  Document filter = identity_of(image.meta);
  // A document of the original system has no such field.
  filter["$or"] = Document::array({{{"since", {{"$lte", image.since}}}}, {{"since", {{"$exists", false}}}}});
  auto before = mongo_.find_and_modify(images_collection, std::move(filter), document_of(image), true);
  if (!before && before.error().kind == Kind::duplicate) return Put{};
  if (!before) return std::unexpected(std::move(before.error()));
  Put out{.kept = true};
  if (*before)
    if (const auto old = image_of(**before); old && old->object != image.object) out.replaced = old->object;
  return out;
}

Outcome<void> Images::touch(const StoredImage& image) {
  return without_value(mongo_.update(images_collection, identity_of(image.meta),
                                     {{"$set", {{"lastAccess", mongo::date(Clock::system().now())}}}}));
}

Outcome<void> Images::renew(const EntryMeta& meta) {
  Document filter = identity_of(meta);
  filter["sourceHash"] = meta.source_hash;
  return without_value(mongo_.update(images_collection, std::move(filter), {{"$set", times_of(meta)}}));
}

Outcome<void> Images::remove(const StoredImage& image) {
  Document filter = identity_of(image.meta);
  filter["$or"] = Document::array({{{"object", image.object}}, {{"object", {{"$exists", false}}}}});
  return without_value(mongo_.remove(images_collection, std::move(filter)));
}

Outcome<std::vector<StoredImage>> Images::several(Document filter, std::int64_t limit, Document sort) {
  auto found = mongo_.find(images_collection, std::move(filter), limit, std::move(sort));
  if (!found) return std::unexpected(std::move(found.error()));
  std::vector<StoredImage> out;
  for (const Document& document : *found)
    if (auto image = image_of(document)) out.push_back(std::move(*image));
  return out;
}

Outcome<std::vector<StoredImage>> Images::of_sources(const cache::UrlSet& set, std::int64_t limit) {
  Document any = Document::array();
  if (!set.urls.empty()) {
    Document urls = Document::array();
    for (const std::string& url : set.urls) urls.push_back(url);
    any.push_back({{"sourceImageURL", {{"$in", std::move(urls)}}}});
  }
  for (const std::string& prefix : set.prefixes)
    any.push_back({{"sourceImageURL", {{"$regex", "^" + escaped_for_pattern(prefix)}}}});
  if (any.empty()) return {};
  return several({{"$or", std::move(any)}}, limit, Document::object());
}

Outcome<std::vector<StoredImage>> Images::expired(std::int64_t limit) {
  return several({{"expires", {{"$lt", mongo::date(Clock::system().now())}}}}, limit, {{"expires", 1}});
}

Outcome<std::vector<StoredImage>> Images::least_used(std::int64_t limit) {
  return several(Document::object(), limit, {{"lastAccess", 1}});
}

Outcome<std::vector<StoredImage>> Images::page(const std::optional<StoredImage>& last, std::int64_t limit) {
  Document behind = Document::object();
  if (last) {
    const std::string signature = stored_signature(last->meta);
    behind["$or"] =
        Document::array({{{"requestSignature", {{"$gt", signature}}}},
                         {{"requestSignature", signature}, {"processorType", {{"$gt", last->meta.processor_type}}}}});
  }
  return several(std::move(behind), limit, {{"requestSignature", 1}, {"processorType", 1}});
}

Outcome<Images::Total> Images::total() {
  const Document sum{{"$group", {{"_id", nullptr}, {"images", {{"$sum", 1}}}, {"bytes", {{"$sum", "$imageSize"}}}}}};
  auto answer = mongo_.run(
      {{"aggregate", images_collection}, {"pipeline", Document::array({sum})}, {"cursor", Document::object()}});
  if (!answer) return std::unexpected(std::move(answer.error()));
  const Document& batch = (*answer)["cursor"]["firstBatch"];
  if (!batch.is_array() || batch.empty()) return Total{};
  const auto number = [&](const char* name) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, mongo::number_in(batch[0], name).value_or(0)));
  };
  return Total{number("images"), number("bytes")};
}

Outcome<std::vector<std::string>> Images::named(const std::vector<std::string>& objects) {
  Document list = Document::array();
  for (const std::string& object : objects) list.push_back(object);
  auto found = mongo_.find(images_collection, {{"object", {{"$in", std::move(list)}}}},
                           static_cast<std::int64_t>(objects.size()), Document::object(), {{"object", 1}});
  if (!found) return std::unexpected(std::move(found.error()));
  std::vector<std::string> out;
  for (const Document& document : *found) out.push_back(mongo::text_in(document, "object").value_or(""));
  return out;
}

}  // namespace imcaxy::cluster
