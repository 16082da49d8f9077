// The jobs, one a process.
#pragma once

#include <span>

#include "answer.hpp"
#include "codec/protocol.hpp"

namespace imcaxy::codec {

/// Before the sandbox: libraries are loaded and fonts found. False when it fails.
bool start_libraries();

/// In the sandbox. Throws std::exception with a message for the client.
void run(const wire::Job& job, std::span<const std::byte> input, const AnswerMemory& output);

/// Tries what the sandbox forbids, and writes what came of it, if the process lives to tell.
void try_forbidden(wire::Trial trial, const AnswerMemory& output);

}  // namespace imcaxy::codec
