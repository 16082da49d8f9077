// What the configuration means to the parts of a server.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "cache/disk_tier.hpp"
#include "config/config.hpp"
#include "http/server.hpp"
#include "image/format.hpp"
#include "image/header.hpp"
#include "processor/imaginary/quality.hpp"
#include "proxy/image_request.hpp"
#include "proxy/originals.hpp"
#include "proxy/service.hpp"
#include "server/gate.hpp"
#include "server/image_handler.hpp"
#include "server/placeholder.hpp"
#include "server/router.hpp"
#include "source/folder.hpp"
#include "source/freshness.hpp"
#include "source/policy.hpp"

namespace imcaxy::server {

inline constexpr std::uint64_t megabyte = 1u << 20;

/// What is read from disk or parsed before anything can be wired, because it can fail.
struct Given {
  source::SourcePolicy policy;
  std::optional<source::Folder> folder;
  std::optional<Placeholder> placeholder;
  std::optional<processor::imaginary::QualityTargets> quality_targets;
  std::optional<std::chrono::milliseconds> deadline;
  proxy::HintOptions hints;
  source::FreshnessRules freshness;
};

/// An error names the option that is wrong.
Result<Given> read_given(const config::Config& config);

/// What a request for a picture elsewhere means to a server with this configuration that makes its answers itself, and
/// takes its time for the best ones; libvips was started. An error names the option that is wrong.
Result<proxy::ReaderOptions> local_reader_options(const config::Config& config);

/// `offered`: the formats of answers whose request names none. What a remote Imaginary negotiates is its own.
proxy::ReaderOptions reader_options(const config::Config& config, const Given& given,
                                    std::vector<image::Format> offered, processor::imaginary::Remote* remote);

/// IMCAXY_AUTO_FORMAT, as far as this installation can write it; what it can't is logged.
std::vector<image::Format> auto_formats(const config::Config& config);

/// Of what is decoded and made.
image::Limits image_limits(const config::Config& config);

/// Where a server keeps its answers below its data folder.
cache::DiskTierOptions results_tier(const config::Config& config, const std::filesystem::path& folder);
/// What the disk cache has for the sources' own bytes.
std::uint64_t originals_bytes(const config::Config& config);

/// 0: as many as this machine has cores.
unsigned threads_or_cores(std::int64_t configured);

http::ServerOptions server_options(const config::Config& config);
proxy::ServiceOptions service_options(const config::Config& config);
GateOptions gate_options(const config::Config& config);
ImageHandlerOptions image_options(const config::Config& config, const Given& given);
proxy::OriginalsOptions originals_options(const config::Config& config, const Given& given);
RouterOptions router_options(const config::Config& config);

}  // namespace imcaxy::server
