#include "server/gzip.hpp"

#include <zlib.h>

#include <optional>

#include "base/text.hpp"

namespace imcaxy::server {
namespace {

constexpr std::size_t least_bytes = 1024;

bool is_plain_text(const http::Response& response) {
  if (response.headers.find("Content-Encoding:") != std::string::npos) return false;
  return response.headers.find("Content-Type: text/") != std::string::npos ||
         response.headers.find("Content-Type: application/json") != std::string::npos;
}

std::optional<std::string> gzipped(std::string_view text) {
  z_stream stream{};
  constexpr int level = 6, with_gzip_header = 15 + 16, memory = 8;
  if (deflateInit2(&stream, level, Z_DEFLATED, with_gzip_header, memory, Z_DEFAULT_STRATEGY) != Z_OK)
    return std::nullopt;
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not write there
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (!done) return std::nullopt;
  return out;
}

}  // namespace

bool accepts_coding(const http::Request& request, std::string_view wanted) {
  for (const std::string& part : split_list(request.header("Accept-Encoding").value_or(""))) {
    const std::string coding = ascii_lower(trimmed(std::string_view(part).substr(0, part.find(';'))));
    if (coding != wanted && coding != "*" && !(wanted == "gzip" && coding == "x-gzip")) continue;
    const std::size_t weight = part.find("q=");
    return weight == part.npos || part.find_first_not_of("0. ", weight + 2) != part.npos;
  }
  return false;
}

http::Response compressed(http::Response response, const http::Request& request) {
  if (response.stream || response.body.size() < least_bytes || !is_plain_text(response)) return response;
  response.add("Vary", "Accept-Encoding");
  if (!accepts_coding(request, "gzip")) return response;
  auto packed = gzipped(response.body.view());
  if (!packed) return response;
  response.body = Bytes::adopt(std::move(*packed));
  response.add("Content-Encoding", "gzip");
  return response;
}

}  // namespace imcaxy::server
