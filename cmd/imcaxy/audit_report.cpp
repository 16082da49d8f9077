#include "audit_report.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "http/url.hpp"
#include "wording.hpp"

namespace imcaxy::command {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t name_columns = 34, sight_columns = 22;

/// Three digits that count.
std::string bytes(std::uint64_t count) {
  double value = static_cast<double>(count);
  const char* unit = "B";
  for (const char* larger : {"kB", "MB", "GB"}) {
    if (value < 999.5) break;
    value /= 1000;
    unit = larger;
  }
  return value < 9.995 && unit[0] != 'B' ? fmt::format("{:.1f} {}", value, unit)
                                         : fmt::format("{:.0f} {}", value, unit);
}

/// Of what was there before; with a plus where it is more.
std::string change(std::uint64_t before, std::uint64_t after) {
  if (before == 0) return "";
  const double share = (static_cast<double>(after) - static_cast<double>(before)) / static_cast<double>(before);
  return fmt::format("{:+.0f}%", share * 100 + 0.0);
}

std::string cell(std::uint64_t now, std::uint64_t ours) {
  return fmt::format("{:>8} {:>7} {:>5}", bytes(now), bytes(ours), change(now, ours));
}

/// Whole columns, of which the end tells most.
std::string name_of(const Audit& audit, const std::string& address) {
  const auto url = http::parse_url(address), page = http::parse_url(audit.plan.page);
  std::string name = shown(url && page && url->authority == page->authority && url->scheme == page->scheme
                               ? address.substr(url->scheme.size() + 3 + url->authority.size())
                               : address);
  if (name.size() <= name_columns) return name;
  std::size_t from = name.size() - (name_columns - 3);
  while ((static_cast<unsigned char>(name[from]) & 0xc0) == 0x80) ++from;
  return "..." + name.substr(from);
}

std::string line(std::string_view name, const std::array<std::string, audit_clients>& cells) {
  std::string out = fmt::format("{:<{}}", name, name_columns);
  for (const std::string& one : cells) out += fmt::format("  {:>{}}", one, sight_columns);
  while (out.ends_with(' ')) out.pop_back();
  return out + "\n";
}

std::string remarks(const Audit& audit) {
  std::string out;
  const auto add = [&](const std::string& text) { out += text + "\n"; };
  const auto unknown = std::ranges::count_if(audit.rows, [](const AuditRow& row) {
    return std::ranges::any_of(row.sights, [](const auto& sight) { return sight && sight->our_size && !sight->width; });
  });
  if (unknown > 0)
    add(fmt::format("{}: the page does not say how wide; taken to be no wider than the screen.",
                    counted(static_cast<std::size_t>(unknown), "picture", "pictures")));
  const auto kept = std::ranges::count_if(audit.rows, [](const AuditRow& row) {
    return std::ranges::any_of(row.sights, [](const auto& sight) { return sight && !sight->our_size; });
  });
  if (kept > 0)
    add(fmt::format("{}: no picture made of pixels that can be read, left as it is.",
                    counted(static_cast<std::size_t>(kept), "address", "addresses")));
  if (audit.plan.inlined > 0)
    add(fmt::format("{} in the page itself (data:) not counted.", counted(audit.plan.inlined, "picture", "pictures")));
  if (audit.plan.unusable > 0)
    add(fmt::format("{} no http or https URL.",
                    counted(audit.plan.unusable, "address of a picture is", "addresses of pictures are")));
  return out;
}

ordered_json json_of(const AuditSight& sight) {
  ordered_json ours{{"bytes", sight.our_bytes}, {"type", sight.our_type}};
  if (sight.our_size) {
    ours["width"] = sight.our_size->width;
    ours["height"] = sight.our_size->height;
  }
  return {{"address", sight.url},
          {"bytes", sight.now_bytes},
          {"shownWidth", sight.width ? ordered_json(*sight.width) : ordered_json()},
          {"withUs", std::move(ours)}};
}

std::string dump(const ordered_json& json) {
  return json.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

AuditTotal total_of(const Audit& audit, std::size_t client) {
  AuditTotal total;
  for (const AuditRow& row : audit.rows) {
    const auto& sight = row.sights[client];
    if (!sight) continue;
    ++total.pictures;
    total.now_bytes += sight->now_bytes;
    total.our_bytes += sight->our_bytes;
  }
  return total;
}

std::string audit_table(const Audit& audit) {
  const auto& clients = all_audit_clients();
  std::array<std::string, audit_clients> names, screens, heads, sums;
  for (std::size_t c = 0; c < audit_clients; ++c) {
    const AuditTotal total = total_of(audit, c);
    names[c] = clients[c].name;
    screens[c] = clients[c].shown;
    heads[c] = fmt::format("{:>8} {:>7} {:>5}", "now", "with us", "");
    sums[c] = cell(total.now_bytes, total.our_bytes);
  }
  std::string out = line("", names) + line("", screens) + line("picture", heads);
  for (const AuditRow& row : audit.rows) {
    std::array<std::string, audit_clients> cells;
    for (std::size_t c = 0; c < audit_clients; ++c)
      cells[c] = row.sights[c] ? cell(row.sights[c]->now_bytes, row.sights[c]->our_bytes) : "-";
    out += line(name_of(audit, row.original), cells);
  }
  out += line(counted(audit.rows.size(), "picture", "pictures"), sums);
  if (const std::string more = remarks(audit); !more.empty()) out += "\n" + more;
  if (!audit.failures.empty()) out += fmt::format("\n{} left out:\n", audit.failures.size());
  for (const AuditFailure& failure : audit.failures)
    out += fmt::format("  {}: {}\n", shown(failure.url), shown(failure.why));
  return out;
}

std::string audit_json(const Audit& audit) {
  const auto& clients = all_audit_clients();
  ordered_json out{{"page", audit.plan.page.empty() ? ordered_json() : ordered_json(audit.plan.page)},
                   {"clients", ordered_json::array()},
                   {"pictures", ordered_json::array()},
                   {"totals", ordered_json::object()},
                   {"failed", ordered_json::array()},
                   {"inPage", audit.plan.inlined},
                   {"unusable", audit.plan.unusable}};
  for (std::size_t c = 0; c < audit_clients; ++c) {
    const page::Screen& screen = clients[c].viewer.screen;
    const AuditTotal total = total_of(audit, c);
    out["clients"].push_back({{"name", clients[c].name},
                              {"width", screen.width},
                              {"density", screen.density},
                              {"accept", clients[c].accept}});
    out["totals"][std::string(clients[c].name)] = {
        {"pictures", total.pictures}, {"bytes", total.now_bytes}, {"withUs", total.our_bytes}};
  }
  for (const AuditRow& row : audit.rows) {
    ordered_json sights = ordered_json::object();
    for (std::size_t c = 0; c < audit_clients; ++c)
      if (row.sights[c]) sights[std::string(clients[c].name)] = json_of(*row.sights[c]);
    out["pictures"].push_back(
        {{"kind", page::name(row.kind)}, {"original", row.original}, {"clients", std::move(sights)}});
  }
  for (const AuditFailure& failure : audit.failures)
    out["failed"].push_back({{"address", failure.url}, {"why", failure.why}});
  return dump(out);
}

}  // namespace imcaxy::command
