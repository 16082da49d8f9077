#include "cluster/shared_blocks.hpp"

#include "cluster/collections.hpp"

namespace imcaxy::cluster {
namespace {

using cache::Block;
using mongo::Document;
using mongo::Outcome;

constexpr std::int64_t page = 5000;

std::string id_of(const std::string& owner, const std::string& cid) {
  return owner + "/" + cid;
}

Document document_of(const Block& block) {
  return {{"owner", block.owner}, {"cid", block.cid}, {"reason", block.reason}, {"since", mongo::date(block.since)}};
}

std::unexpected<Error> unreachable(const mongo::Failure& failure) {
  return fail(503, "the list of blocks could not be changed, since MongoDB can't be used; try again", failure.text);
}

}  // namespace

Result<void> SharedBlocks::add(const Block& block) {
  if (!mongo::is_text(block.reason)) return fail(400, "reason has to be UTF-8");
  auto added =
      mongo_.update(blocks_collection, {{"_id", id_of(block.owner, block.cid)}}, {{"$set", document_of(block)}}, true);
  if (!added) return unreachable(added.error());
  if (auto here = here_.add(block); !here) return here;
  if (auto told = log_.append_blocks_changed(); !told) return unreachable(told.error());
  return {};
}

Result<bool> SharedBlocks::remove(const std::string& owner, const std::string& cid) {
  auto removed = mongo_.find_and_remove(blocks_collection, {{"_id", id_of(owner, cid)}});
  if (!removed) return unreachable(removed.error());
  auto here = here_.remove(owner, cid);
  if (!here) return here;
  if (auto told = log_.append_blocks_changed(); !told) return unreachable(told.error());
  return *here || removed->has_value();
}

Outcome<void> SharedBlocks::contribute() {
  for (const Block& block : here_.list()) {
    auto added = mongo_.update(blocks_collection, {{"_id", id_of(block.owner, block.cid)}},
                               {{"$setOnInsert", document_of(block)}}, true);
    if (!added) return std::unexpected(std::move(added.error()));
  }
  return {};
}

Outcome<void> SharedBlocks::read() {
  std::vector<Block> blocks;
  for (std::string last;;) {
    auto found = mongo_.find(blocks_collection, {{"_id", {{"$gt", last}}}}, page, {{"_id", 1}});
    if (!found) return std::unexpected(std::move(found.error()));
    for (const Document& document : *found) {
      using mongo::text_in;
      blocks.push_back({text_in(document, "owner").value_or(""), text_in(document, "cid").value_or(""),
                        text_in(document, "reason").value_or(""),
                        mongo::date_in(document, "since").value_or(WallTime{})});
      last = text_in(document, "_id").value_or("");
    }
    if (std::ssize(*found) < page) break;
  }
  if (auto replaced = here_.replace(blocks); !replaced)
    return mongo::failed(mongo::Failure::Kind::invalid, replaced.error().message);
  return {};
}

}  // namespace imcaxy::cluster
