#include "atproto/document.hpp"

#include <nlohmann/json.hpp>

#include "http/url.hpp"

namespace imcaxy::atproto {
namespace {

using nlohmann::json;

/// A member that is a text; empty when it is not.
std::string_view text_of(const json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? std::string_view(it->get_ref<const std::string&>()) : "";
}

bool is_pds(const json& service, const Did& did) {
  if (!service.is_object() || text_of(service, "type") != "AtprotoPersonalDataServer") return false;
  const std::string_view id = text_of(service, "id");
  return id == "#atproto_pds" || id == did.text + "#atproto_pds";
}

}  // namespace

Result<std::string> pds_of_document(std::string_view text, const Did& did) {
  const json document = json::parse(text, nullptr, false);
  if (!document.is_object()) return fail(502, "failed to resolve DID", "the document is no JSON object");
  if (text_of(document, "id") != did.text) return fail(502, "failed to resolve DID", "the document is another's");
  const auto services = document.find("service");
  if (services != document.end() && services->is_array())
    for (const json& service : *services) {
      if (!is_pds(service, did)) continue;
      const auto url = http::parse_url(text_of(service, "serviceEndpoint"));
      if (!url) return fail(502, "no PDS endpoint found", "the endpoint is no URL: " + url.error().message);
      return url->scheme + "://" + url->authority;
    }
  return fail(502, "no PDS endpoint found");
}

}  // namespace imcaxy::atproto
