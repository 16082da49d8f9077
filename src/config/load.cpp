#include "config/load.hpp"

#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "config/options.hpp"

namespace imcaxy::config {
namespace {

/// Levenshtein's distance: letters to add, drop or change.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

template <class NameOf>
std::string unknown(std::string_view what, const std::string& name, NameOf name_of) {
  std::string nearest;
  std::size_t best = name.size() / 2;
  for (const Option& option : options()) {
    const std::size_t d = distance(name, name_of(option));
    if (d >= best) continue;
    best = d;
    nearest = name_of(option);
  }
  std::string text = fmt::format("{} {} is not known and has no effect", what, name);
  return nearest.empty() ? text : text + "; did you mean " + nearest + "?";
}

constexpr std::size_t most_file_bytes = 1u << 20;

/// A TOML value as the text that a variable would have.
std::optional<std::string> text_of_node(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  if (const auto* list = node.as_array()) {
    std::vector<std::string> parts;
    for (const toml::node& item : *list) {
      auto part = text_of_node(item);
      if (!part || item.is_array()) return std::nullopt;
      parts.push_back(std::move(*part));
    }
    return joined(parts, ",");
  }
  return std::nullopt;
}

/// Whether a line, counted from 1, is about a secret: the parser's explanations repeat what they could not read.
bool is_secret(const std::string& text, std::size_t line) {
  std::istringstream lines(text);
  std::string content;
  for (; line > 0; --line) std::getline(lines, content);
  return std::ranges::any_of(options(), [&](const Option& o) { return o.secret && content.contains(o.key()); });
}

using Values = std::map<std::string, std::string>;

/// The file's values by option name.
Result<Values> read_toml(const std::string& path, std::vector<std::string>& warnings) {
  Values values;
  if (path.empty()) return values;
  auto text = read_file(path, most_file_bytes);
  if (!text) return std::unexpected(std::move(text.error()));
  toml::table table;
  try {
    table = toml::parse(*text, path);
  } catch (const toml::parse_error& e) {
    const std::size_t line = e.source().begin.line;
    const std::string_view why =
        is_secret(*text, line) ? "this line, which holds a secret, is not valid TOML" : e.description();
    return fail(400, fmt::format("{}:{}: {}", path, line, why));
  }
  for (const auto& [key, node] : table) {
    const std::string name(key.str());
    const auto option = std::ranges::find_if(options(), [&](const Option& o) { return o.key() == name; });
    if (option == options().end()) {
      warnings.push_back(unknown("the key", name, [](const Option& o) { return o.key(); }));
      continue;
    }
    auto value = text_of_node(node);
    if (!value) return fail(400, fmt::format("{}: {} has to be a text, a number or a list of them", path, name));
    values[std::string(option->name)] = std::move(*value);
  }
  return values;
}

/// The environment's values by option name.
Result<Values> read_environment(const Values& environment, std::vector<std::string>& warnings) {
  Values values;
  if (const auto port = environment.find("PORT"); port != environment.end()) values["PORT"] = port->second;
  for (const auto& [variable, text] : environment) {
    if (!variable.starts_with("IMCAXY_") && !variable.starts_with("IMAGE_PROXY_")) continue;
    const auto option = std::ranges::find_if(options(), [&, &v = variable](const Option& o) {
      return v == o.variable() || (o.secret && v == o.variable() + "_FILE");
    });
    if (option == options().end()) {
      warnings.push_back(unknown("the variable", variable, [](const Option& o) { return o.variable(); }));
      continue;
    }
    if (variable == option->variable()) {
      values[std::string(option->name)] = text;
      continue;
    }
    if (environment.contains(option->variable()))
      return fail(400, "set " + option->variable() + " or " + variable + ", not both");
    auto content = read_file(text, most_file_bytes);
    if (!content) return fail(400, variable + ": " + content.error().message);
    values[std::string(option->name)] = std::string(trimmed(*content));
  }
  return values;
}

/// Rules that concern several options.
Result<void> check_together(const Config& config) {
  if (config.max_target_bytes > config.max_header_bytes)
    return fail(400,
                fmt::format("IMCAXY_MAX_TARGET_BYTES={} is more than IMCAXY_MAX_HEADER_BYTES={}, which includes it",
                            config.max_target_bytes, config.max_header_bytes));
  if (config.placeholder_status != 0 && config.placeholder_status < 200)
    return fail(400, fmt::format("IMCAXY_PLACEHOLDER_STATUS={} is not allowed; it has to be 0 or from 200 to 599",
                                 config.placeholder_status));
  if (config.image_proxy_cdn_purge && config.image_proxy_cdn_url.empty() && config.image_proxy_base_url.empty())
    return fail(400, "IMAGE_PROXY_CDN_PURGE is set, but IMAGE_PROXY_CDN_URL is missing: it says what to purge");
  if (scales_out(config) != !config.minio_endpoint.empty()) {
    const bool no_bucket = config.minio_endpoint.empty();
    return fail(400, fmt::format("{} is set, but {} is missing: many nodes need both, a single one none of them",
                                 no_bucket ? "IMCAXY_MONGO_CONNECTION_STRING" : "IMCAXY_MINIO_ENDPOINT",
                                 no_bucket ? "IMCAXY_MINIO_ENDPOINT" : "IMCAXY_MONGO_CONNECTION_STRING"));
  }
  if (scales_out(config) && (config.minio_access_key.empty() || config.minio_secret_key.empty()))
    return fail(400,
                fmt::format("IMCAXY_MINIO_ENDPOINT is set, but {} is missing",
                            config.minio_access_key.empty() ? "IMCAXY_MINIO_ACCESS_KEY" : "IMCAXY_MINIO_SECRET_KEY"));
  if (scales_out(config) && config.invalidate_security_token.empty())
    return fail(400,
                "IMCAXY_INVALIDATE_SECURITY_TOKEN is missing: with many nodes it has to be set, and the same on each");
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    const bool no_key = config.tls_key.empty();
    return fail(
        400, fmt::format("{} is set, but {} is missing: HTTPS needs both, plain HTTP none of them",
                         no_key ? "IMCAXY_TLS_CERT" : "IMCAXY_TLS_KEY", no_key ? "IMCAXY_TLS_KEY" : "IMCAXY_TLS_CERT"));
  }
  return {};
}

}  // namespace

Result<Loaded> load(const Given& given) {
  Loaded loaded;
  const auto file = read_toml(given.file, loaded.warnings);
  if (!file) return std::unexpected(file.error());
  const auto environment = read_environment(given.environment, loaded.warnings);
  if (!environment) return std::unexpected(environment.error());

  const std::pair<const Values*, const char*> layers[] = {
      {&*file, "file"}, {&*environment, "environment"}, {&given.flags, "flag"}};
  for (const auto& [values, origin] : layers)
    for (const Option& option : options()) {
      const auto it = values->find(std::string(option.name));
      if (it == values->end()) continue;
      if (auto ok = assign(option, it->second, loaded.config); !ok)
        return fail(400, fmt::format("{}={} ({}) is not allowed; it has to be {}", option.variable(),
                                     option.secret ? "***" : it->second, origin, ok.error().message));
      loaded.origins[std::string(option.name)] = origin;
    }
  if (auto ok = check_together(loaded.config); !ok) return std::unexpected(std::move(ok.error()));
  return loaded;
}

std::map<std::string, std::string> process_environment() {
  Values out;
  for (char** entry = environ; entry && *entry; ++entry) {
    const std::string_view text = *entry;
    const std::size_t equals = text.find('=');
    if (equals != text.npos) out.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return out;
}

}  // namespace imcaxy::config
