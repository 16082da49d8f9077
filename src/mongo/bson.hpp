// Between documents and the library's own form of them. Internal to the module.
#pragma once

#include <utility>

#include <bson/bson.h>

#include "mongo/document.hpp"

namespace imcaxy::mongo {

class Bson {
 public:
  Bson() : bson_(bson_new()) {}
  ~Bson() {
    if (bson_) bson_destroy(bson_);
  }
  Bson(Bson&& other) noexcept : bson_(std::exchange(other.bson_, nullptr)) {}
  Bson& operator=(Bson&&) = delete;
  bson_t* get() const { return bson_; }

 private:
  bson_t* bson_;
};

/// Whole numbers become int64. Nothing for what is no object, or is nested deeper than a hundred times.
std::optional<Bson> to_bson(const Document& document);
/// Types that JSON lacks, but for dates, become null.
Document from_bson(const bson_t& bson);

}  // namespace imcaxy::mongo
