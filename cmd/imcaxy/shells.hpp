// Completions for shells.
#pragma once

#include <string>

#include "outline.hpp"

namespace imcaxy::command {

/// Scripts for the shells to read; what they offer is what the outline has.
std::string bash_completion(const Outline& outline);
std::string zsh_completion(const Outline& outline);
std::string fish_completion(const Outline& outline);

}  // namespace imcaxy::command
