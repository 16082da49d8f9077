// Where the work of one production is done, and on what.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/worker_pool.hpp"
#include "image/header.hpp"
#include "processor/work.hpp"
#include "proxy/image_request.hpp"
#include "proxy/mezzanine.hpp"
#include "proxy/timings.hpp"

namespace imcaxy::proxy {

/// What the work is done on.
struct Material {
  Bytes original;
  std::optional<ReducedForm> reduced;
  processor::Marks marks;
};

/// Used by the production's task alone.
class Workbench final : public processor::Bench {
 public:
  struct Options {
    WorkerPool& cpu_pool;
    image::Limits limits;
    std::chrono::steady_clock::duration patience;  ///< with a thread for pixels
    bool awaited = true;                           ///< otherwise cores do it when they are idle
  };
  /// Takes an answer that comes piece by piece.
  struct Pieces {
    std::function<void(const std::string& mime_type, std::optional<std::uint64_t> length)> begin;
    std::function<void(Bytes piece)> more;
  };

  /// The request keeps the work alive that is done here.
  Workbench(Options options, ImageRequestPtr request, Material material, Pieces pieces)
      : options_(std::move(options)),
        request_(std::move(request)),
        material_(std::make_shared<const Material>(std::move(material))),
        pieces_(std::move(pieces)) {}

  const Bytes& original() const override { return material_->original; }
  bool awaited() const override { return options_.awaited; }
  Task<Result<processor::Outcome>> on_core(Make make) override;
  void begin(const std::string& mime_type, std::optional<std::uint64_t> length) override {
    pieces_.begin(mime_type, length);
  }
  void more(Bytes piece) override { pieces_.more(std::move(piece)); }

  bool reduced_is_of_another() const { return reduced_is_of_another_; }
  /// What was done on cores had waited for one.
  Milliseconds queued() const { return queued_; }

 private:
  const Options options_;
  const ImageRequestPtr request_;
  const std::shared_ptr<const Material> material_;
  const Pieces pieces_;
  bool reduced_is_of_another_ = false;
  Milliseconds queued_{0};
};

}  // namespace imcaxy::proxy
