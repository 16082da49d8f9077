// What an audit tells: for people as a table, for machines as JSON.
#pragma once

#include <cstdint>
#include <string>

#include "audit_measure.hpp"

namespace imcaxy::command {

/// Of one client; only what could be measured.
struct AuditTotal {
  std::size_t pictures = 0;
  std::uint64_t now_bytes = 0, our_bytes = 0;
};

AuditTotal total_of(const Audit& audit, std::size_t client);

std::string audit_table(const Audit& audit);
std::string audit_json(const Audit& audit);

}  // namespace imcaxy::command
