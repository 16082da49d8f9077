#include "cache/entry_json.hpp"

namespace imcaxy::cache {
namespace {

using nlohmann::json;

std::int64_t to_number(WallTime time) {
  return time.time_since_epoch().count();
}
/// Whole numbers only: what becomes of others in an integer nobody knows.
std::optional<WallTime> to_time(const json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  return WallTime(std::chrono::milliseconds(value.get<std::int64_t>()));
}

}  // namespace

std::string to_json(const EntryMeta& meta) {
  json out{{"key", meta.key.hex()},
           {"requestSignature", meta.request_signature},
           {"rawRequest", meta.raw_request},
           {"processorType", meta.processor_type},
           {"processorEndpoint", meta.processor_endpoint},
           {"mimeType", meta.mime_type},
           {"sourceImageURL", meta.source_url},
           {"processingParams", meta.processing_params},
           {"etag", meta.etag},
           {"headers", meta.headers},
           {"created", to_number(meta.created)}};
  if (meta.original_bytes > 0) out["originalBytes"] = meta.original_bytes;
  if (meta.personal) out["personal"] = true;
  if (meta.expires) out["expires"] = to_number(*meta.expires);
  if (meta.fresh)
    out["fresh"] = {to_number(meta.fresh->until), to_number(meta.fresh->while_revalidate),
                    to_number(meta.fresh->if_error)};
  if (!meta.source_hash.empty()) out["sourceHash"] = meta.source_hash;
  if (meta.effort > 0) out["effort"] = meta.effort;
  // What is not UTF-8 is replaced: such text only describes, it is never used to find the entry.
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::optional<EntryMeta> meta_from_json(std::string_view text) {
  try {
    const json in = json::parse(text);
    const auto key = Key128::from_hex(in.at("key").get<std::string>());
    if (!key) return std::nullopt;
    EntryMeta meta;
    meta.key = *key;
    in.at("requestSignature").get_to(meta.request_signature);
    in.at("rawRequest").get_to(meta.raw_request);
    in.at("processorType").get_to(meta.processor_type);
    in.at("processorEndpoint").get_to(meta.processor_endpoint);
    in.at("mimeType").get_to(meta.mime_type);
    in.at("sourceImageURL").get_to(meta.source_url);
    in.at("processingParams").get_to(meta.processing_params);
    in.at("etag").get_to(meta.etag);
    in.at("headers").get_to(meta.headers);
    if (const auto bytes = in.find("originalBytes"); bytes != in.end()) {
      if (!bytes->is_number_unsigned()) return std::nullopt;
      bytes->get_to(meta.original_bytes);
    }
    meta.personal = in.value("personal", false);
    const auto created = to_time(in.at("created"));
    if (!created) return std::nullopt;
    meta.created = *created;
    if (in.contains("expires")) {
      meta.expires = to_time(in.at("expires"));
      if (!meta.expires) return std::nullopt;
    }
    if (const auto fresh = in.find("fresh"); fresh != in.end()) {
      const auto until = to_time(fresh->at(0)), revalidate = to_time(fresh->at(1)), error = to_time(fresh->at(2));
      if (!until || !revalidate || !error) return std::nullopt;
      meta.fresh = Freshness{*until, *revalidate, *error};
    }
    meta.source_hash = in.value("sourceHash", "");
    if (const auto effort = in.find("effort"); effort != in.end()) {
      if (!effort->is_number_integer()) return std::nullopt;
      effort->get_to(meta.effort);
    }
    return meta;
  } catch (const json::exception&) {
    return std::nullopt;
  }
}

nlohmann::ordered_json to_public_json(const EntryMeta& meta, std::uint64_t body_bytes) {
  return {{"rawRequest", meta.raw_request},       {"requestSignature", meta.request_signature},
          {"processorType", meta.processor_type}, {"processorEndpoint", meta.processor_endpoint},
          {"mimeType", meta.mime_type},           {"imageSize", body_bytes},
          {"sourceImageURL", meta.source_url},    {"processingParams", meta.processing_params}};
}

}  // namespace imcaxy::cache
