#include "cluster/cluster.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "base/hash.hpp"

namespace imcaxy::cluster {
namespace {

using namespace std::chrono_literals;
using mongo::Outcome;
using S3Kind = s3::Failure::Kind;

constexpr unsigned threads = 8;
constexpr std::size_t most_queued = 4096;
constexpr auto short_upkeep = 1s, long_upkeep = 60s;
/// Long enough for any node to have come back, or to count as new.
constexpr auto keep_events = std::chrono::hours(24 * 7);
constexpr const char* upkeep_lease = "upkeep";

mongo::ClientOptions mongo_options(const std::string& connection_string) {
  return {.connection_string = connection_string, .connections = 3 * threads + 8};
}

bool is_mistake(mongo::Failure::Kind kind) {
  return kind == mongo::Failure::Kind::refused || kind == mongo::Failure::Kind::invalid;
}
bool is_mistake(S3Kind kind) {
  constexpr std::array passing{S3Kind::unreachable, S3Kind::slow, S3Kind::full, S3Kind::left_alone, S3Kind::stopped};
  return std::ranges::find(passing, kind) == passing.end();
}

std::optional<Trouble> trouble_of(mongo::Client& mongo) {
  const auto checked = mongo.check();
  if (checked) return std::nullopt;
  return Trouble{"MongoDB", checked.error().text, is_mistake(checked.error().kind)};
}

s3::Outcome<void> ensure_bucket(s3::Client& bucket) {
  const auto promise = std::make_shared<std::promise<s3::Outcome<void>>>();
  auto future = promise->get_future();
  bucket.ensure_bucket([promise](s3::Outcome<void> outcome) { promise->set_value(std::move(outcome)); });
  return future.get();
}

std::optional<Trouble> trouble_of(s3::Client& bucket) {
  const auto ensured = ensure_bucket(bucket);
  if (ensured) return std::nullopt;
  return Trouble{"MinIO", ensured.error().text, is_mistake(ensured.error().kind)};
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "node";
}

/// The same at each start of this node, so that it never has to wait for its own earlier run.
std::string name_of_node(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "node";
  std::string name;
  if (std::ifstream(path) >> name) return name;
  name = fmt::format("{}-{}", host_name(), random_hex(4));
  std::ofstream(path) << name << '\n';
  return name;
}

}  // namespace

std::vector<Trouble> check(const ClusterOptions& options) {
  std::vector<Trouble> out;
  auto mongo = mongo::Client::open(mongo_options(options.connection_string));
  if (!mongo) {
    out.push_back({"MongoDB", mongo.error().message, true});
  } else if (auto trouble = trouble_of(**mongo)) {
    out.push_back(std::move(*trouble));
  }
  auto bucket = s3::Client::open(options.bucket);
  if (!bucket) {
    out.push_back({"MinIO", bucket.error().message, true});
  } else if (auto trouble = trouble_of(**bucket)) {
    out.push_back(std::move(*trouble));
  }
  return out;
}

struct Cluster::Parts {
  Parts(const ClusterOptions& o, std::unique_ptr<mongo::Client> database, std::unique_ptr<s3::Client> store,
        std::filesystem::path folder)
      : options(o),
        state_file(folder / "cluster.json"),
        mongo(std::move(database)),
        bucket(std::move(store)),
        log(*mongo),
        nodes(*mongo, name_of_node(folder), o.version),
        leases(*mongo, nodes.id() + "/" + random_hex(4)),
        images(*mongo),
        records(*mongo),
        tier(images, log, *bucket),
        announcer(log, nodes),
        asking("shared", threads, most_queued),
        storing("shared-store", threads, most_queued) {}

  void start(cache::Purger& here, cache::BlockList* list);
  void stop();
  Outcome<void> joined(bool newcomer);
  void run();
  void keep_bucket();
  void keep_house();

  const ClusterOptions options;
  const std::filesystem::path state_file;
  const std::unique_ptr<mongo::Client> mongo;
  const std::unique_ptr<s3::Client> bucket;
  EventLog log;
  Nodes nodes;
  Leases leases;
  Images images;
  Records records;
  SharedTier tier;
  Announcer announcer;
  WorkerPool asking, storing;
  std::unique_ptr<SharedBlocks> blocks;
  std::unique_ptr<Follower> follower;
  std::unique_ptr<Sharing> sharing;

  mutable std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  bool stopping = false;
  std::optional<Trouble> bucket_trouble;
  std::thread upkeep;
};

Result<std::unique_ptr<Cluster>> Cluster::open(const ClusterOptions& options, const std::filesystem::path& folder) {
  auto mongo = mongo::Client::open(mongo_options(options.connection_string));
  if (!mongo) return fail(400, "IMCAXY_MONGO_CONNECTION_STRING: " + mongo.error().message);
  auto bucket = s3::Client::open(options.bucket);
  if (!bucket) return fail(400, "IMCAXY_MINIO_*: " + bucket.error().message);
  const auto mongo_trouble = trouble_of(**mongo);
  if (mongo_trouble && mongo_trouble->mistake)
    return fail(400, "IMCAXY_MONGO_CONNECTION_STRING can't be used: " + mongo_trouble->text);
  auto bucket_trouble = trouble_of(**bucket);
  if (bucket_trouble && bucket_trouble->mistake)
    return fail(400, "the bucket can't be used (IMCAXY_MINIO_*): " + bucket_trouble->text);
  for (const auto& trouble : {mongo_trouble, bucket_trouble})
    if (trouble) spdlog::warn("beginning without {}: {}", trouble->part, trouble->text);
  auto parts = std::make_unique<Parts>(options, std::move(*mongo), std::move(*bucket), folder);
  parts->bucket_trouble = std::move(bucket_trouble);
  return std::unique_ptr<Cluster>(new Cluster(std::move(parts)));
}

Cluster::Cluster(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Cluster::~Cluster() {
  stop();
}

void Cluster::start(cache::Purger& here, cache::BlockList* blocks) {
  parts_->start(here, blocks);
}
void Cluster::stop() {
  parts_->stop();
}
Result<void> Cluster::prepare() {
  auto ready = parts_->log.prepare();
  if (ready) ready = parts_->joined(false);
  if (!ready) return fail(503, "MongoDB can't be used: " + ready.error().text);
  if (const auto trouble = trouble_of(*parts_->bucket)) return fail(503, "the bucket can't be used: " + trouble->text);
  return {};
}
Position Cluster::position_of_folder() const {
  const FollowerState state = read_state(parts_->state_file);
  return state.log == parts_->log.name() ? state.applied : 0;
}
EventLog& Cluster::log() {
  return parts_->log;
}
Images& Cluster::images() {
  return parts_->images;
}
Sharing& Cluster::sharing() {
  return *parts_->sharing;
}
SharedTier& Cluster::tier() {
  return parts_->tier;
}
cache::Others& Cluster::others() {
  return parts_->announcer;
}
cache::InvalidationRecords& Cluster::records() {
  return parts_->records;
}
cache::BlockWriter& Cluster::blocks() {
  return *parts_->blocks;
}

std::vector<Trouble> Cluster::troubles() const {
  std::vector<Trouble> out;
  if (auto trouble = parts_->follower->trouble()) out.push_back({"MongoDB", std::move(*trouble)});
  std::lock_guard lock(parts_->mutex);
  if (parts_->bucket_trouble) out.push_back(*parts_->bucket_trouble);
  return out;
}

Cluster::Figures Cluster::figures() const {
  const Parts& p = *parts_;
  return {p.tier.stats(),         p.sharing->stats(),          p.bucket->stats(),
          p.mongo->stats(),       p.sharing->waiting_writes(), p.mongo->left_alone(),
          p.bucket->left_alone(), p.follower->applied()};
}

void Cluster::Parts::start(cache::Purger& here, cache::BlockList* list) {
  if (list) blocks = std::make_unique<SharedBlocks>(*mongo, log, *list);
  follower = std::make_unique<Follower>(
      *mongo, log, nodes, leases, state_file,
      FollowerHooks{.remove = [&here](const cache::UrlSet& set) { (void)here.purge(set); },
                    .joined = [this](bool newcomer) { return joined(newcomer); },
                    .blocks_changed = [this] { return blocks ? blocks->read() : Outcome<void>(); }});
  sharing = std::make_unique<Sharing>(tier, leases, *follower, asking, storing, options.wait);
  follower->start();
  upkeep = std::thread([this] { run(); });
}

void Cluster::Parts::stop() {
  {
    std::lock_guard lock(mutex);
    if (stopping) return;
    stopping = true;
  }
  wake.notify_all();
  if (upkeep.joinable()) upkeep.join();
  if (follower) follower->stop();
  bucket->stop();
  asking.stop();
  storing.stop();
}

Outcome<void> Cluster::Parts::joined(bool newcomer) {
  for (auto prepare : {+[](Parts& p) { return p.images.prepare(); }, +[](Parts& p) { return p.leases.prepare(); },
                       +[](Parts& p) { return p.records.prepare(); }})
    if (auto prepared = prepare(*this); !prepared) return prepared;
  if (!blocks) return {};
  if (newcomer)
    if (auto given = blocks->contribute(); !given) return given;
  return blocks->read();
}

void Cluster::Parts::run() {
  using Steady = std::chrono::steady_clock;
  auto next_long = Steady::now() + long_upkeep / 4;
  std::unique_lock lock(mutex);
  while (!wake.wait_for(lock, short_upkeep, [this] { return stopping; })) {
    lock.unlock();
    keep_bucket();
    sharing->store_late();
    if (Steady::now() >= next_long) {
      keep_house();
      next_long = Steady::now() + long_upkeep;
    }
    lock.lock();
  }
}

/// Looks whether the bucket is there while something is wrong with it, and says so.
void Cluster::Parts::keep_bucket() {
  {
    std::lock_guard lock(mutex);
    if (!bucket_trouble && !bucket->left_alone() && sharing->waiting_writes() == 0) return;
  }
  auto trouble = trouble_of(*bucket);
  std::lock_guard lock(mutex);
  if (trouble && !bucket_trouble) spdlog::warn("the bucket can't be used for now: {}", trouble->text);
  if (!trouble && bucket_trouble) spdlog::info("the bucket can be used again");
  bucket_trouble = std::move(trouble);
}

/// One node does it for all.
void Cluster::Parts::keep_house() {
  if (follower->trouble()) return;
  const auto lease = leases.ask_for(upkeep_lease);
  if (!lease || !std::holds_alternative<Leases::Mine>(*lease)) return;
  for (const Result<void>& done : {tier.keep_bounds(options.max_bytes), tier.remove_orphans()})
    if (!done) spdlog::debug("the upkeep of the shared pictures goes on later: {}", done.error().cause);
  (void)log.trim(Clock::system().now() - keep_events);
  (void)nodes.forget_lost();
  (void)leases.clean_up();
  (void)leases.give_back(upkeep_lease);
}

}  // namespace imcaxy::cluster
