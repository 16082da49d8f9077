// The search for fewer bytes (image/refine.hpp) in a process of its own: it has the lowest priority, stands still
// within milliseconds when somebody waits for a picture, and all of its memory goes back with it.
#pragma once

#include <functional>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/header.hpp"
#include "image/refine.hpp"

namespace imcaxy::refinery {

/// Asked every few milliseconds.
enum class Say { go_on, stand_still, end };
using Ask = std::function<Say()>;

/// Says that this program's `main` gives way to `run_worker` (refinery/worker.hpp). Before the first search; without it
/// every search fails, since the process would be something else.
void offer_worker();

/// Blocks until the search has ended or `ask` says so. To be called on a thread that lives as long as the search: the
/// kernel ends the process with it. 400 for what can't be searched, 503 when the process could not be started or was
/// ended.
Result<image::Refinement> refine_apart(const image::Master& master, const Bytes& now, const image::Limits& limits,
                                       const Ask& ask);

}  // namespace imcaxy::refinery
