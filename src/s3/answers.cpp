#include "s3/answers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "base/text.hpp"
#include "http/query.hpp"
#include "s3/place.hpp"

namespace imcaxy::s3 {
namespace {

using Kind = Failure::Kind;

struct Code {
  std::string_view name;
  Kind kind;
};
constexpr Code codes[] = {
    {"NoSuchKey", Kind::not_found},
    {"NoSuchVersion", Kind::not_found},
    {"NoSuchBucket", Kind::no_bucket},
    {"AccessDenied", Kind::refused},
    {"AllAccessDisabled", Kind::refused},
    {"AccountProblem", Kind::refused},
    {"BucketAlreadyExists", Kind::refused},
    {"ExpiredToken", Kind::refused},
    {"InvalidAccessKeyId", Kind::refused},
    {"InvalidToken", Kind::refused},
    {"RequestTimeTooSkewed", Kind::refused},
    {"SignatureDoesNotMatch", Kind::refused},
    {"AuthorizationHeaderMalformed", Kind::wrong_location},
    {"IllegalLocationConstraintException", Kind::wrong_location},
    {"InvalidLocationConstraint", Kind::wrong_location},
    {"InvalidRegion", Kind::wrong_location},
    {"PermanentRedirect", Kind::wrong_location},
    {"TemporaryRedirect", Kind::wrong_location},
    {"RequestTimeout", Kind::slow},
    {"ServiceUnavailable", Kind::slow},
    {"SlowDown", Kind::slow},
    {"SlowDownRead", Kind::slow},
    {"SlowDownWrite", Kind::slow},
    {"QuotaExceeded", Kind::full},
    {"XMinioAdminBucketQuotaExceeded", Kind::full},
    {"XMinioStorageFull", Kind::full},
    {"BadDigest", Kind::damaged},
    {"PreconditionFailed", Kind::damaged},
    {"XAmzContentChecksumMismatch", Kind::damaged},
    {"XAmzContentSHA256Mismatch", Kind::damaged},
};

Kind kind_of(unsigned status) {
  switch (status) {
    case 301:
    case 307:
      return Kind::wrong_location;
    case 401:
    case 403:
      return Kind::refused;
    case 404:
      return Kind::not_found;
    case 408:
    case 429:
    case 503:
    case 504:
      return Kind::slow;
    case 507:
      return Kind::full;
    default:
      return status >= 500 ? Kind::unreachable : Kind::invalid;
  }
}

Kind kind_of(unsigned status, std::string_view code) {
  const auto known = std::ranges::find(codes, code, &Code::name);
  return known == std::end(codes) ? kind_of(status) : known->kind;
}

/// One line of printable text, whatever the store says.
std::string told(std::string_view text) {
  constexpr std::size_t longest = 300;
  std::string out;
  for (; !text.empty() && out.size() < longest;) {
    const std::size_t length = utf8_length(text);
    const bool plain = length > 0 && static_cast<unsigned char>(text.front()) >= 0x20 && text.front() != 0x7f;
    out += plain ? text.substr(0, length) : " ";
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string_view text_of(pugi::xml_node node) {
  return node.child_value();
}

bool load(pugi::xml_document& document, std::string_view xml) {
  return static_cast<bool>(document.load_buffer(xml.data(), xml.size(), pugi::parse_default, pugi::encoding_utf8));
}

std::string written(const pugi::xml_document& document) {
  std::ostringstream out;
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return std::move(out).str();
}

}  // namespace

Failure failure_of(unsigned status, std::string_view xml, std::string_view code) {
  pugi::xml_document document;
  std::string_view message, location;
  if (load(document, xml)) {
    const pugi::xml_node error = document.child("Error");
    if (error.child("Code")) code = text_of(error.child("Code"));
    message = text_of(error.child("Message"));
    location = text_of(error.child("Region"));
  } else {
    message = trimmed(xml);
  }
  std::string text = fmt::format("it answers {}", status);
  if (!code.empty()) text += " " + told(code);
  if (!message.empty()) text += ": " + told(message);
  if (!location.empty()) text += fmt::format(" (the location is '{}')", told(location));
  return {kind_of(status, code), std::move(text)};
}

std::optional<ListPage> parse_list(std::string_view xml) {
  pugi::xml_document document;
  if (!load(document, xml)) return std::nullopt;
  const pugi::xml_node result = document.child("ListBucketResult");
  if (!result) return std::nullopt;
  ListPage page;
  for (const pugi::xml_node entry : result.children("Contents")) {
    Listed listed{http::percent_decode(text_of(entry.child("Key")), true)};
    const std::string_view size = text_of(entry.child("Size"));
    const auto [end, code] = std::from_chars(size.data(), size.data() + size.size(), listed.bytes);
    if (code != std::errc() || end != size.data() + size.size()) return std::nullopt;
    if (is_key(listed.key)) page.objects.push_back(std::move(listed));
  }
  if (text_of(result.child("IsTruncated")) == "true") {
    page.next = text_of(result.child("NextContinuationToken"));
    if (page.next.empty()) return std::nullopt;  // else the same page would come for ever
  }
  return page;
}

std::optional<std::vector<Undeleted>> parse_deleted(std::string_view xml) {
  pugi::xml_document document;
  if (!load(document, xml)) return std::nullopt;
  const pugi::xml_node result = document.child("DeleteResult");
  if (!result) return std::nullopt;
  std::vector<Undeleted> out;
  for (const pugi::xml_node error : result.children("Error")) {
    const std::string_view code = text_of(error.child("Code"));
    const Kind kind = kind_of(500, code);
    if (kind == Kind::not_found) continue;
    out.push_back({std::string(text_of(error.child("Key"))),
                   {kind, fmt::format("{}: {}", told(code), told(text_of(error.child("Message"))))}});
  }
  return out;
}

std::string deletion(const std::vector<std::string>& keys) {
  pugi::xml_document document;
  pugi::xml_node root = document.append_child("Delete");
  root.append_child("Quiet").text() = "true";
  for (const std::string& key : keys) root.append_child("Object").append_child("Key").text() = key.c_str();
  return written(document);
}

std::string bucket_configuration(const std::string& location) {
  if (location == "us-east-1") return {};
  pugi::xml_document document;
  document.append_child("CreateBucketConfiguration").append_child("LocationConstraint").text() = location.c_str();
  return written(document);
}

}  // namespace imcaxy::s3
