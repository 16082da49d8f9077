#include "gitdiff/pattern.hpp"

#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/text.hpp"

namespace imcaxy::gitdiff {
namespace {

std::unique_ptr<RE2> compiled(const std::string& text, RE2::Options::Encoding encoding) {
  RE2::Options options;
  options.set_encoding(encoding);
  options.set_log_errors(false);
  options.set_dot_nl(true);  // a line break is a letter of a name like any other
  return std::make_unique<RE2>(text, options);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

Result<Pattern> Pattern::compile(const std::string& text) {
  auto letters = compiled(text, RE2::Options::EncodingUTF8);
  auto bytes = compiled(text, RE2::Options::EncodingLatin1);
  for (const RE2* expression : {letters.get(), bytes.get()})
    if (!expression->ok())
      return fail(400, fmt::format("'{}' is no regular expression (https://github.com/google/re2/wiki/Syntax): {}",
                                   text, expression->error()));
  return Pattern(std::move(letters), std::move(bytes));
}

Pattern::Pattern(std::unique_ptr<RE2> letters, std::unique_ptr<RE2> bytes)
    : letters_(std::move(letters)), bytes_(std::move(bytes)) {}
Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

const RE2& Pattern::fitting(std::string_view path) const {
  return is_utf8(path) ? *letters_ : *bytes_;
}

bool Pattern::finds(std::string_view path) const {
  return RE2::PartialMatch({path.data(), path.size()}, fitting(path));
}

std::optional<std::vector<std::string>> Pattern::match_whole(std::string_view path) const {
  std::vector<re2::StringPiece> parts(static_cast<std::size_t>(groups()) + 1);
  const re2::StringPiece text(path.data(), path.size());
  if (!fitting(path).Match(text, 0, text.size(), RE2::ANCHOR_BOTH, parts.data(), static_cast<int>(parts.size())))
    return std::nullopt;
  std::vector<std::string> out;
  for (const re2::StringPiece& part : parts) out.emplace_back(part.data() ? part.data() : "", part.size());
  return out;
}

int Pattern::groups() const {
  return letters_->NumberOfCapturingGroups();
}

}  // namespace imcaxy::gitdiff
