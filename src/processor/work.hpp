// The interface of all processors: what work is given, what comes of it, and how it fails.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/await.hpp"
#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/header.hpp"
#include "image/prediction/predicted.hpp"
#include "image/refine.hpp"
#include "image/scale.hpp"
#include "image/source.hpp"

namespace imcaxy::processor {

struct Answer {
  Bytes body;
  std::string mime_type;
  std::optional<image::Size> size;                 ///< of a picture
  bool worth_reducing = false;                     ///< its source is one whose reduced form pays (image/reduced.hpp)
  bool from_reduced = false;                       ///< and it was made of that
  std::optional<image::Predicted> predicted = {};  ///< where its quality was chosen for a score
  bool hurried = false;                            ///< with nobody waiting it would be a better one
};

struct Failure {
  Error error;
  /// The request was right and the source is a picture made of pixels: its own bytes can be served instead.
  bool may_fall_back = false;
};

using Outcome = std::expected<Answer, Failure>;

/// Pictures that are laid over others, by the address that the request gives; an error where it could not be fetched.
using Marks = std::map<std::string, Result<Bytes>>;

/// Where one piece of work is done, and what it is done on. Belongs to the task that works at it.
class Bench {
 public:
  virtual ~Bench() = default;

  /// The picture as its source gave it.
  virtual const Bytes& original() const = 0;

  /// Whether somebody waits for the answer; otherwise it may take its time.
  virtual bool awaited() const { return true; }

  using Make = std::function<Outcome(const image::Source&, const Marks&, const image::Limits&)>;
  /// Runs `make` on a thread for pixels, where it goes on when nobody waits any more; the work outlives it. The outer
  /// error: it could not be tried.
  virtual Task<Result<Outcome>> on_core(Make make) = 0;

  /// For an answer that comes piece by piece: readers get the pieces at once. `length`: of all of them, where known.
  /// The work returns the same bytes in the end; a failure after this breaks the readers' answers off.
  virtual void begin(const std::string& mime_type, std::optional<std::uint64_t> length) = 0;
  virtual void more(Bytes piece) = 0;
};

/// What is to be made of a picture, in the words of one processor. Immutable; shared by all who ask for the same.
class Work {
 public:
  virtual ~Work() = default;

  /// Part of the keys of answers: what two processors make of the same words is never mixed up.
  virtual std::string_view processor() const = 0;

  /// Those that it consists of besides the one that its path names, as the request spells them.
  virtual std::vector<std::string_view> steps() const { return {}; }

  /// The outer error: it could not be tried.
  virtual Task<Result<Outcome>> carry_out(Bench& bench) const = 0;

  /// Whether the answer may be replaced by a smaller one that looks as it should: nobody named a quality.
  virtual bool may_be_refined() const { return false; }
  /// What its answer is encoded from. Only of what may be refined; 400 where nothing can be gained. Takes as long as
  /// decoding and resizing.
  virtual Result<image::Master> master(const image::Source&, const image::Limits&) const {
    return fail(400, "its processor is asked for an answer only");
  }
};

}  // namespace imcaxy::processor
