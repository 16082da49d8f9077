#include "sitemap.hpp"

#include <algorithm>
#include <memory>

#include <expat.h>
#include <fmt/format.h>

#include "base/text.hpp"

namespace imcaxy::command {
namespace {

constexpr std::size_t most_depth = 16, most_address_bytes = 8192;

struct ParserEnd {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

/// Names come as `namespace|name`; the namespaces differ in the wild, so that names alone count.
std::string_view local_name(std::string_view name) {
  const std::size_t bar = name.rfind('|');
  return bar == name.npos ? name : name.substr(bar + 1);
}

struct Reading {
  XML_Parser parser;
  Sitemap found;
  std::vector<std::string> open;  ///< elements, the innermost last
  std::string address;

  bool within(std::string_view parent) const { return open.size() >= 2 && open[open.size() - 2] == parent; }
  void begin(std::string_view name) {
    open.emplace_back(local_name(name));
    address.clear();
    const bool wrong_root = open.size() == 1 && open[0] != "urlset" && open[0] != "sitemapindex";
    if (wrong_root || open.size() > most_depth) XML_StopParser(parser, XML_FALSE);
  }
  void text(std::string_view piece) {
    if (!open.empty() && open.back() == "loc" && address.size() < most_address_bytes) address += piece;
  }
  void end() {
    if (open.back() == "loc") {
      std::string url(trimmed(address));
      if (within("sitemap"))
        found.sitemaps.push_back(std::move(url));
      else if (within("url"))
        found.pages.push_back(std::move(url));
      else if (within("image"))
        found.pictures.push_back(std::move(url));
    }
    open.pop_back();
  }
};

}  // namespace

Result<Sitemap> read_sitemap(std::string_view xml) {
  const std::unique_ptr<XML_ParserStruct, ParserEnd> parser(XML_ParserCreateNS(nullptr, '|'));
  if (!parser) return fail(500, "no memory for a sitemap");
  Reading reading{.parser = parser.get(), .found = {}, .open = {}, .address = {}};
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(
      parser.get(),
      [](void* user, const XML_Char* name, const XML_Char**) { static_cast<Reading*>(user)->begin(name); },
      [](void* user, const XML_Char*) { static_cast<Reading*>(user)->end(); });
  XML_SetCharacterDataHandler(parser.get(), [](void* user, const XML_Char* text, int size) {
    static_cast<Reading*>(user)->text({text, static_cast<std::size_t>(size)});
  });
  // A document type is where entities are made, and no sitemap has one.
  XML_SetStartDoctypeDeclHandler(parser.get(), [](void* user, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    XML_StopParser(static_cast<Reading*>(user)->parser, XML_FALSE);
  });
  if (XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), 1) == XML_STATUS_OK)
    return std::move(reading.found);
  const XML_Error code = XML_GetErrorCode(parser.get());
  if (code == XML_ERROR_ABORTED)
    return fail(400, "it is XML, but no sitemap: that begins with <urlset> or <sitemapindex>, without a document type");
  return fail(400,
              fmt::format("it is no XML: line {}: {}", XML_GetCurrentLineNumber(parser.get()), XML_ErrorString(code)));
}

}  // namespace imcaxy::command
