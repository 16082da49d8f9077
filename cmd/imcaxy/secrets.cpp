#include "secrets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/file.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "config/options.hpp"

namespace imcaxy::command {
namespace {

constexpr std::size_t most_token_bytes = 4096;

/// Whatever else is in the environment is the server's business.
bool is_secret(const std::string& variable) {
  return std::ranges::any_of(config::options(), [&](const config::Option& option) {
    return option.secret && (variable == option.variable() || variable == option.variable() + "_FILE");
  });
}

}  // namespace

Outcome<config::Config> read_secrets() {
  config::Given given;
  for (auto& [variable, value] : config::process_environment())
    if (is_secret(variable)) given.environment.emplace(variable, value);
  auto loaded = config::load(given);
  if (!loaded) return give_up(wrong_usage, loaded.error());
  return std::move(loaded->config);
}

Outcome<std::string> read_token(const std::string& file) {
  std::string token;
  if (file.empty()) {
    auto secrets = read_secrets();
    if (!secrets) return std::unexpected(std::move(secrets.error()));
    token = secrets->invalidate_security_token;
    if (token.empty())
      return give_up(wrong_usage,
                     "the server wants a token: set IMCAXY_INVALIDATE_SECURITY_TOKEN, or name a file that has it with "
                     "--token-file (the server keeps it in <data dir>/token unless it is configured)");
  } else {
    auto text = read_file(file, most_token_bytes);
    if (!text) return give_up(wrong_usage, "--token-file: " + text.error().message);
    token = trimmed(*text);
    if (token.empty()) return give_up(wrong_usage, fmt::format("--token-file: the file '{}' is empty", file));
  }
  // It becomes a line of a request's header.
  if (std::ranges::any_of(token, [](unsigned char c) { return c < 0x21 || c > 0x7e; }))
    return give_up(wrong_usage, "the token has a blank or a letter that no token has; it is one line of visible ASCII");
  return token;
}

}  // namespace imcaxy::command
