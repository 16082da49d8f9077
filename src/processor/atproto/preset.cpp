#include "processor/atproto/preset.hpp"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"

namespace imcaxy::processor::atproto {
namespace {

using image::Format;
using nlohmann::json;
using Fit = Preset::Fit;

constexpr int longest_side = 10'000;
constexpr std::size_t longest_name = 64, most_presets = 200;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// Reads one preset's members; what is wrong is said with the preset's name.
class Reader {
 public:
  Reader(const std::string& name, const json& members) : name_(name), members_(members) {}

  Result<Preset> read() const {
    if (!members_.is_object()) return wrong("has to be an object with width, height, fit, quality and format");
    for (const auto& [member, value] : members_.items())
      if (member != "width" && member != "height" && member != "fit" && member != "quality" && member != "format")
        return wrong("has no member '" + member + "'; they are width, height, fit, quality and format");
    Preset preset;
    const std::string fit = members_.value("fit", json("cover")).is_string() ? members_.value("fit", "cover") : "";
    if (fit != "cover" && fit != "inside" && fit != "contain") return wrong("fit has to be cover or inside");
    preset.fit = fit == "cover" ? Fit::cover : Fit::inside;
    const int least_height = preset.fit == Fit::cover ? 1 : 0;
    if (auto ok = number("width", 1, longest_side, preset.width); !ok) return std::unexpected(std::move(ok.error()));
    if (auto ok = number("height", least_height, longest_side, preset.height); !ok)
      return std::unexpected(std::move(ok.error()));
    if (auto ok = number("quality", 1, 100, preset.quality); !ok) return std::unexpected(std::move(ok.error()));
    return with_format(preset);
  }

 private:
  std::unexpected<Error> wrong(const std::string& what) const {
    return fail(400, fmt::format("the preset '{}' {}", name_, what));
  }

  Result<void> number(const char* member, int least, int most, int& target) const {
    const json value = members_.value(member, json(target));
    if (!value.is_number_integer() || value < least || value > most)
      return wrong(fmt::format("needs a {} from {} to {}", member, least, most));
    target = value.get<int>();
    return {};
  }

  Result<Preset> with_format(Preset preset) const {
    const json value = members_.value("format", json("jpeg"));
    const std::string format = value.is_string() ? value.get<std::string>() : "";
    preset.format = image::from_name(format);
    const bool known = preset.format == Format::jpeg || preset.format == Format::png || preset.format == Format::webp ||
                       preset.format == Format::avif;
    if (!known && format != "auto") return wrong("format has to be jpeg, png, webp, avif or auto");
    return preset;
  }

  const std::string& name_;
  const json& members_;
};

const Presets* set_of_ours(std::string_view name) {
  if (name == "coves") return &coves_presets();
  if (name == "bluesky") return &bluesky_presets();
  return nullptr;
}

}  // namespace

const Presets& coves_presets() {
  static const Presets presets{
      {"avatar", {1000, 1000, Fit::cover, 85}},     {"avatar_small", {360, 360, Fit::cover, 80}},
      {"banner", {640, 300, Fit::cover, 85}},       {"content_preview", {800, 0, Fit::inside, 80}},
      {"content_full", {1600, 0, Fit::inside, 90}}, {"embed_thumbnail", {720, 360, Fit::cover, 80}}};
  return presets;
}

const Presets& bluesky_presets() {
  static const Presets presets{{"avatar", {1000, 1000, Fit::cover, 85, Format::unknown}},
                               {"avatar_thumbnail", {128, 128, Fit::cover, 85, Format::unknown}},
                               {"banner", {3000, 1000, Fit::cover, 85, Format::unknown}},
                               {"feed_thumbnail", {2000, 2000, Fit::inside, 85, Format::unknown}},
                               {"feed_fullsize", {1000, 1000, Fit::inside, 85, Format::unknown}}};
  return presets;
}

Result<Presets> parse_presets(std::string_view text) {
  text = trimmed(text);
  if (const Presets* ours = set_of_ours(text)) return *ours;
  const json object = json::parse(text, nullptr, false);
  if (!object.is_object())
    return fail(400, "coves, bluesky, a JSON object of presets, or a file of them (.json, .toml)");
  Presets presets;
  for (const auto& [name, members] : object.items()) {
    if (name == "extends") {
      const Presets* ours = members.is_string() ? set_of_ours(members.get_ref<const std::string&>()) : nullptr;
      if (!ours) return fail(400, "'extends' has to be coves or bluesky");
      presets.insert(ours->begin(), ours->end());  // own ones of these names win
      continue;
    }
    if (!is_name(name))
      return fail(400,
                  fmt::format("'{}' is no name of a preset: up to {} letters, digits, _ and -", name, longest_name));
    auto preset = Reader(name, members).read();
    if (!preset) return std::unexpected(std::move(preset.error()));
    presets.insert_or_assign(name, *preset);
  }
  if (presets.empty()) return fail(400, "at least one preset");
  if (presets.size() > most_presets) return fail(400, fmt::format("at most {} presets", most_presets));
  return presets;
}

Result<std::string> presets_of_toml(std::string_view text) {
  try {
    std::ostringstream out;
    out << toml::json_formatter(toml::parse(text));
    return out.str();
  } catch (const toml::parse_error& e) {
    return fail(400, fmt::format("a TOML file of presets: line {}: {}", e.source().begin.line, e.description()));
  }
}

}  // namespace imcaxy::processor::atproto
