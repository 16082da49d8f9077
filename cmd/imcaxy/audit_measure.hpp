// What an audit finds out: for each picture and client the bytes now, and with us.
#pragma once

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "audit_plan.hpp"
#include "image/header.hpp"
#include "proxy/image_request.hpp"
#include "source/original.hpp"

namespace imcaxy::command {

/// One picture for one client.
struct AuditSight {
  std::string url;              ///< what the client loads now
  std::optional<double> width;  ///< how wide it is shown, CSS pixels; nothing: the page does not say
  std::uint64_t now_bytes = 0;

  std::uint64_t our_bytes = 0;
  std::string our_type;                 ///< "image/avif"
  std::optional<image::Size> our_size;  ///< pixels; nothing: it is left as it is
};

struct AuditRow {
  page::Kind kind = page::Kind::image;
  std::string original;  ///< what ours are made of: the largest that the page has
  std::array<std::optional<AuditSight>, audit_clients> sights;  ///< nothing: not for this client, or it failed
};

struct AuditFailure {
  std::string url, why;
};

struct Audit {
  AuditPlan plan;
  std::vector<AuditRow> rows;
  std::vector<AuditFailure> failures;  ///< each address once
};

using Downloads = std::map<std::string, Result<source::Original>>;

struct AuditMeans {
  const proxy::RequestReader& reader;  ///< what a request means to the server
  image::Limits limits;
  unsigned threads = 1;
  std::chrono::steady_clock::time_point end;  ///< what is not begun by then is left out
};

/// What every client of each picture loads, and what that is made of.
std::vector<std::array<std::optional<page::Choice>, audit_clients>> choices_of(const AuditPlan& plan);

/// Makes the answers that the server would give, on so many threads. Blocks; tells how far it is on a terminal.
Audit measure(AuditPlan plan, const Downloads& downloads, const AuditMeans& means);

}  // namespace imcaxy::command
