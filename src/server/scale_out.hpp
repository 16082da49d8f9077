// The other nodes, as the configuration names them and as the metrics show them.
#pragma once

#include <vector>

#include "cluster/cluster.hpp"
#include "config/config.hpp"
#include "server/metrics.hpp"

namespace imcaxy::server {

cluster::ClusterOptions cluster_options(const config::Config& config);

/// Tries MongoDB and the bucket: what is wrong, as texts that name the variable. Empty when this node is to be alone.
std::vector<std::string> check_scale_out(const config::Config& config);

/// Adds its figures.
void read_figures(const cluster::Cluster& cluster, std::vector<Reading>& out);

}  // namespace imcaxy::server
