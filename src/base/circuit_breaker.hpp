// Leaves a server alone that fails time after time, and asks it again from time to time.
#pragma once

#include <chrono>
#include <mutex>

namespace imcaxy {

struct CircuitBreakerOptions {
  unsigned failures = 5;                     ///< one after the other, until nobody is let through
  std::chrono::milliseconds open_for{2000};  ///< then one is, whose fate decides
};

/// Who is admitted says afterwards how it went, by one of worked, failed and unknown. Thread-safe.
class CircuitBreaker {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit CircuitBreaker(CircuitBreakerOptions options) : options_(options) {}

  /// False: do not ask now.
  bool admit(Time now) {
    std::lock_guard lock(mutex_);
    if (failures_ < options_.failures) return true;
    if (probing_ || now < retry_at_) return false;
    return probing_ = true;
  }

  void worked() {
    std::lock_guard lock(mutex_);
    failures_ = 0;
    probing_ = false;
  }
  void failed(Time now) {
    std::lock_guard lock(mutex_);
    probing_ = false;
    if (failures_ < options_.failures) ++failures_;
    if (failures_ == options_.failures) retry_at_ = now + options_.open_for;
  }
  /// It ended for reasons of our own.
  void unknown() {
    std::lock_guard lock(mutex_);
    probing_ = false;
  }

  /// Whether it lets nobody but one through.
  bool open() const {
    std::lock_guard lock(mutex_);
    return failures_ >= options_.failures;
  }

 private:
  const CircuitBreakerOptions options_;
  mutable std::mutex mutex_;  // guards what follows
  unsigned failures_ = 0;
  bool probing_ = false;
  Time retry_at_{};
};

}  // namespace imcaxy
