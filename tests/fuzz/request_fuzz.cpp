// HTTP requests: the header is given to the parser whole, as the connection does, and the body in pieces whose length
// is the input's first byte.
#include "target.hpp"

#include <algorithm>
#include <string>
#include <tuple>

#include <boost/beast/http/error.hpp>

#include "http/conditional.hpp"
#include "http/request_parser.hpp"

using namespace imcaxy;
using fuzz::require;

namespace {

constexpr http::ParserLimits limits{.max_header_bytes = 2048, .max_target_bytes = 256, .max_fields = 12};
constexpr std::uint64_t most_body = 64;

/// What came of a request; `text` outlives it.
struct Parsed {
  http::Request request;
  http::RequestParser parser{request, limits};
  boost::system::error_code error;
  std::size_t used = 0;

  Parsed(std::string_view text, std::size_t piece) {
    parser.set_max_body(most_body);
    const std::size_t end = text.find("\r\n\r\n");
    const std::size_t header = end == text.npos ? text.size() : end + 4;
    used = parser.put(boost::asio::const_buffer(text.data(), header), error);
    if (error || !parser.is_header_done()) return;
    parser.eager(true);
    std::size_t seen = used;
    while (!parser.is_done() && used < text.size() && (!error || error == boost::beast::http::error::need_more)) {
      error = {};
      const std::size_t before = used;
      // What was not used is given again with more behind it, never less: so the connection does.
      while (used == before) {
        seen = std::min(seen + piece, text.size());
        const bool last = seen == text.size();
        const std::string_view given = text.substr(used, seen - used);
        if (parser.waits_behind(given)) {
          if (last) return;
          continue;
        }
        used += parser.put(boost::asio::const_buffer(given.data(), given.size()), error);
        if (error && error != boost::beast::http::error::need_more) return;
        if (parser.is_done() || last) return;
      }
    }
  }
};

}  // namespace

FUZZ_TARGET(request) {
  if (input.empty()) return;
  const std::size_t piece = static_cast<unsigned char>(input[0]) % 16 + 1;
  const std::string text(input.substr(1));
  const Parsed parsed(text, piece);
  const http::Request& request = parsed.request;
  require(parsed.used <= text.size(), "no byte is read that is not there");
  require(request.headers.size() <= limits.max_fields, "fields are counted");
  require(request.target.size() <= limits.max_target_bytes, "targets are bounded");
  require(request.body.size() <= most_body, "bodies are bounded");
  const auto lies_within = [&](std::string_view part) {
    return part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size();
  };
  if (!request.target.empty()) {
    require(lies_within(request.target) && lies_within(request.method_text), "the first line is a view");
    require(request.target.starts_with(request.path), "a path begins its target");
    require(request.path.find('?') == request.path.npos, "a path has no query");
    require(request.path.size() + request.query.size() + (request.path.size() < request.target.size() ? 1 : 0) ==
                request.target.size(),
            "path and query are all of it");
  }
  for (const auto& [name, value] : request.headers) {
    require(!name.empty() && lies_within(name), "a field's name is a view");
    require(value.find_first_of(std::string_view("\r\n\0", 3)) == value.npos, "no value ends its line");
    require(request.header(name).has_value(), "a field is found by its name");
  }
  const Parsed whole(text, text.size() + 1);
  if (parsed.parser.is_done() && whole.parser.is_done())
    require(std::tie(request.target, request.body) == std::tie(whole.request.target, whole.request.body),
            "pieces make no difference");
}
