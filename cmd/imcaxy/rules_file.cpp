#include "rules_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/file.hpp"
#include "commands.hpp"

namespace imcaxy::command {
namespace {

constexpr std::size_t most_bytes = 1u << 20;

std::unexpected<Failure> wrong(const std::string& path, const toml::node& node, const std::string& why) {
  return give_up(wrong_usage, fmt::format("{}:{}: {}", path, node.source().begin.line, why));
}

/// One text, or a list of them.
std::optional<std::vector<std::string>> texts(const toml::node& node) {
  std::vector<std::string> out;
  if (const auto* text = node.as_string()) out.push_back(text->get());
  if (node.is_string()) return out;
  const toml::array* list = node.as_array();
  if (!list) return std::nullopt;
  for (const toml::node& item : *list) {
    if (!item.is_string()) return std::nullopt;
    out.push_back(item.as_string()->get());
  }
  return out;
}

Outcome<void> take(const std::string& path, std::string_view key, const toml::node& node, Rules& rules) {
  const std::pair<std::string_view, std::vector<std::string>*> lists[] = {
      {"dir", &rules.folders}, {"match", &rules.patterns}, {"map", &rules.maps}};
  for (const auto& [name, list] : lists) {
    if (key != name) continue;
    auto values = texts(node);
    if (!values) return wrong(path, node, fmt::format("{} has to be a text or a list of texts", name));
    *list = std::move(*values);
    return {};
  }
  if (key == "project") {
    if (!node.is_string()) return wrong(path, node, "project has to be a text");
    rules.project = node.as_string()->get();
    return {};
  }
  if (key == "max") {
    const auto* number = node.as_integer();
    if (!number || number->get() < 1) return wrong(path, node, "max has to be a whole number from 1 on");
    rules.most_files = number->get();
    return {};
  }
  if (key == "server" || key == "token" || key == "token-file")
    return wrong(path, node, fmt::format("{} can't be set here: whoever changes this file could read the token", key));
  return wrong(path, node, fmt::format("'{}' is not known; allowed are project, dir, match, map and max", key));
}

}  // namespace

Outcome<Rules> read_rules(const std::string& path) {
  auto text = read_file(path, most_bytes);
  if (!text) return give_up(wrong_usage, text.error());
  toml::table table;
  try {
    table = toml::parse(*text, path);
  } catch (const toml::parse_error& e) {
    return give_up(wrong_usage, fmt::format("{}:{}: {}", path, e.source().begin.line, e.description()));
  }
  Rules rules;
  for (const auto& [key, node] : table) {
    if (key.str() != "invalidate" || !node.is_table())
      return wrong(path, node, fmt::format("'{}' is not known; everything belongs below [invalidate]", key.str()));
    for (const auto& [name, value] : *node.as_table())
      if (auto ok = take(path, name.str(), value, rules); !ok) return std::unexpected(std::move(ok.error()));
  }
  return rules;
}

}  // namespace imcaxy::command
