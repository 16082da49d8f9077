#include "proxy/workbench.hpp"

namespace imcaxy::proxy {
namespace {

/// As `run_on`, once nothing else is to be done on the pool.
template <class Work>
auto run_when_idle(WorkerPool& pool, std::chrono::steady_clock::duration limit, Work work)
    -> Task<std::invoke_result_t<Work&>> {
  using Outcome = std::invoke_result_t<Work&>;
  auto start = [&](Callback<Outcome> callback) {
    CallbackOrBusy<Outcome> done(std::move(callback));
    pool.submit_when_idle([work = std::move(work), done = std::move(done)]() mutable { done(work()); });
  };
  std::optional<Outcome> outcome = co_await await_callback<Outcome>(limit, std::move(start));
  if (!outcome) co_return fail(504, "no core was idle in time");
  co_return std::move(*outcome);
}

}  // namespace

Task<Result<processor::Outcome>> Workbench::on_core(Make make) {
  using Steady = std::chrono::steady_clock;
  struct Timed {
    processor::Outcome outcome;
    bool reduced_is_of_another;
    Milliseconds queued;
  };
  const auto submitted = Steady::now();
  // Owns what it needs: it may run on when nobody waits any more.
  auto task = [make = std::move(make), request = request_, material = material_, limits = options_.limits,
               submitted]() -> Result<Timed> {
    const auto started = Steady::now();
    const bool fits = material->reduced && material->reduced->is_of(material->original);
    const image::Source source{material->original, fits ? material->reduced->bytes : Bytes()};
    auto outcome = make(source, material->marks, limits);
    return Timed{std::move(outcome), material->reduced && !fits, started - submitted};
  };
  Result<Timed> timed = fail(503, "not begun");
  if (options_.awaited) {
    timed = co_await run_on(options_.cpu_pool, options_.patience, std::move(task));
  } else {
    timed = co_await run_when_idle(options_.cpu_pool, options_.patience, std::move(task));
  }
  if (!timed) co_return std::unexpected(std::move(timed.error()));
  reduced_is_of_another_ = timed->reduced_is_of_another;
  queued_ += timed->queued;
  co_return std::move(timed->outcome);
}

}  // namespace imcaxy::proxy
