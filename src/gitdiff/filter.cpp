#include "gitdiff/filter.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"

namespace imcaxy::gitdiff {
namespace {

/// `./public//images/` as `public/images`.
Result<std::string> folder_within(const std::string& given) {
  const auto outside = [&] {
    return fail(400, fmt::format("'{}' is no folder within the repository: name it from the repository's root, as in "
                                 "public/images",
                                 given));
  };
  if (given.starts_with('/')) return outside();
  std::vector<std::string> parts;
  for (std::string_view rest = given; !rest.empty();) {
    const std::size_t end = rest.find('/');
    const std::string_view part = rest.substr(0, end);
    if (part == "..") return outside();
    if (!part.empty() && part != ".") parts.emplace_back(part);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
  }
  return joined(parts, "/");
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder.empty() || (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

}  // namespace

Result<Filter> Filter::make(const std::vector<std::string>& folders, const std::vector<std::string>& patterns) {
  Filter filter;
  for (const std::string& given : folders) {
    auto folder = folder_within(given);
    if (!folder) return std::unexpected(std::move(folder.error()));
    filter.folders_.push_back(std::move(*folder));
  }
  for (const std::string& text : patterns) {
    auto pattern = Pattern::compile(text);
    if (!pattern) return std::unexpected(std::move(pattern.error()));
    filter.patterns_.push_back(std::move(*pattern));
  }
  return filter;
}

bool Filter::takes(std::string_view path) const {
  const auto fits = [path](const Pattern& pattern) { return pattern.finds(path); };
  return std::ranges::any_of(folders_, [path](const std::string& folder) { return is_below(path, folder); }) &&
         (patterns_.empty() || std::ranges::any_of(patterns_, fits));
}

}  // namespace imcaxy::gitdiff
