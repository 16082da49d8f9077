// What the server and its process for the search say to each other. Both are the same program, so these are plain
// structs. Internal to the refinery module.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "image/header.hpp"
#include "image/refine.hpp"

namespace imcaxy::refinery::wire {

/// The descriptors at which the process finds its job, and leaves its answer.
inline constexpr int job_descriptor = 3, answer_descriptor = 4;

/// No answer is larger.
inline constexpr std::size_t most_answer_bytes = 64u << 20;

struct Job {
  image::Master master;
  Bytes now;
  image::Limits limits;
};
std::string pack(const Job& job);
/// Nothing for what was not packed by this program.
std::optional<Job> unpack_job(const Bytes& bytes);

std::string pack(const Result<image::Refinement>& answer);
std::optional<Result<image::Refinement>> unpack_answer(const Bytes& bytes);

}  // namespace imcaxy::refinery::wire
