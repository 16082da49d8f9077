#include "server/scale_out.hpp"

#include "config/version.hpp"

namespace imcaxy::server {

cluster::ClusterOptions cluster_options(const config::Config& c) {
  cluster::ClusterOptions options;
  options.connection_string = c.mongo_connection_string;
  options.bucket.place = {.endpoint = c.minio_endpoint,
                          .bucket = c.minio_bucket,
                          .location = c.minio_location,
                          .tls = c.minio_ssl,
                          .virtual_host = c.minio_virtual_host};
  options.bucket.access_key = c.minio_access_key;
  options.bucket.secret_key = c.minio_secret_key;
  options.bucket.ca_file = c.minio_ca;
  options.version = version_text;
  options.wait = std::chrono::milliseconds(c.shared_wait_ms);
  options.max_bytes = static_cast<std::uint64_t>(c.shared_cache_gb * (1u << 30));
  return options;
}

std::vector<std::string> check_scale_out(const config::Config& c) {
  std::vector<std::string> out;
  if (!config::scales_out(c)) return out;
  for (const cluster::Trouble& trouble : cluster::check(cluster_options(c)))
    out.push_back((trouble.part == "MongoDB" ? "IMCAXY_MONGO_CONNECTION_STRING: " : "IMCAXY_MINIO_*: ") + trouble.text);
  return out;
}

void read_figures(const cluster::Cluster& cluster, std::vector<Reading>& out) {
  const auto add = [&](bool counter, std::string_view name, std::string_view help, auto value,
                       std::string_view label = {}, std::string_view label_value = {}) {
    out.push_back({name, help, counter, static_cast<double>(value), label, label_value});
  };
  const cluster::Cluster::Figures f = cluster.figures();
  add(false, "imcaxy_cache_bytes", "", f.tier.bytes.load(), "tier", "shared");
  add(false, "imcaxy_cache_entries", "", f.tier.images.load(), "tier", "shared");
  add(true, "imcaxy_cache_evictions_total", "", f.tier.evictions.load(), "tier", "shared");
  add(true, "imcaxy_cache_expirations_total", "", f.tier.expirations.load(), "tier", "shared");
  add(true, "imcaxy_cache_damaged_total", "", f.tier.damaged.load(), "tier", "shared");
  add(true, "imcaxy_cache_write_errors_total", "", f.tier.write_errors.load(), "tier", "shared");
  add(true, "imcaxy_shared_read_errors_total", "Look-ups among the shared pictures that failed",
      f.tier.read_errors.load());
  add(true, "imcaxy_shared_stored_total", "Pictures that this node stored for all", f.tier.stored.load());
  add(true, "imcaxy_shared_stored_bytes_total", "Bytes of them", f.tier.bytes_stored.load());
  add(true, "imcaxy_shared_stale_total",
      "Shared pictures that were not served, since they came in after they were "
      "invalidated",
      f.tier.stale.load());
  add(true, "imcaxy_shared_waited_total", "Productions that waited for another node's", f.sharing.waited.load());
  add(true, "imcaxy_shared_hedged_total", "Productions that did not wait for another node any longer",
      f.sharing.hedged.load());
  add(false, "imcaxy_shared_late_writes", "Pictures that wait to be stored for all", f.waiting_writes);
  add(true, "imcaxy_shared_late_writes_total", "Pictures that were stored for all after an outage",
      f.sharing.late_writes.load());
  add(true, "imcaxy_shared_lost_writes_total", "Pictures that could not even wait for it",
      f.sharing.lost_writes.load());
  add(false, "imcaxy_cluster_position", "The last invalidation of all nodes that this one has applied", f.applied);
  for (const char* part : {"MongoDB", "MinIO"}) {
    bool there = true;
    for (const cluster::Trouble& trouble : cluster.troubles()) there = there && trouble.part != part;
    add(false, "imcaxy_shared_part_up", "Whether a part that the nodes share can be used", there, "part", part);
  }
  add(true, "imcaxy_mongo_commands_total", "Commands to MongoDB", f.mongo.commands.load());
  add(true, "imcaxy_mongo_failures_total", "Commands that MongoDB did not answer", f.mongo.failures.load());
  add(true, "imcaxy_s3_requests_total", "Requests to the bucket", f.bucket.requests.load());
  add(true, "imcaxy_s3_failures_total", "Requests to the bucket that failed", f.bucket.failures.load());
  add(true, "imcaxy_s3_sent_bytes_total", "Bytes of pictures to the bucket", f.bucket.bytes_sent.load());
  add(true, "imcaxy_s3_received_bytes_total", "Bytes of pictures from the bucket", f.bucket.bytes_received.load());
}

}  // namespace imcaxy::server
