// What `imcaxy audit` looks at: pictures, and for whom.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.hpp"
#include "outcome.hpp"
#include "page/pictures.hpp"

namespace imcaxy::command {

/// One kind of visitor.
struct AuditClient {
  std::string_view name;
  std::string_view shown;  ///< in the head of the table
  page::Viewer viewer;
  std::string_view accept;
};

inline constexpr std::size_t audit_clients = 3;

/// A phone, a laptop, and what reads JPEG and PNG alone.
const std::array<AuditClient, audit_clients>& all_audit_clients();

struct AuditPlan {
  std::string page;  ///< where it was in the end, after redirects; empty for a list
  std::vector<page::Picture> pictures;
  std::size_t inlined = 0;   ///< pictures that are in the page itself
  std::size_t unusable = 0;  ///< addresses that are none
};

/// The page's pictures. Exit status 2 for what is no address, 1 for what can't be read, is no page, or has none.
Outcome<AuditPlan> read_page(http::Client& client, const std::string& address, std::chrono::milliseconds limit);

/// Pictures from a file (`-`: standard input) with an address in each line, shown `width` CSS pixels wide. Exit status
/// 2 for a line that is none.
Outcome<AuditPlan> read_picture_list(const std::string& file, std::optional<double> width);

/// What the servers of others are told that we are.
std::string audit_user_agent();

}  // namespace imcaxy::command
