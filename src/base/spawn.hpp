// Starts a coroutine that nobody waits for.
#pragma once

#include <exception>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>
#include <boost/asio/co_spawn.hpp>

#include "base/await.hpp"

namespace imcaxy {

/// What `task` throws is a mistake of ours: it is logged under `name` (a literal) and ends the task, nothing else.
/// Whoever spawns counts the task, so that a shutdown can wait for it.
inline void spawn(const asio::any_io_executor& executor, Task<void> task, std::string_view name) {
  asio::co_spawn(executor, std::move(task), [name](std::exception_ptr error) {
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      spdlog::error("{} failed: {}", name, e.what());
    }
  });
}

}  // namespace imcaxy
