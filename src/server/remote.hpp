// The remote Imaginary that the configuration names.
#pragma once

#include "config/config.hpp"
#include "processor/imaginary/remote.hpp"

namespace imcaxy::server {

/// REQUIRES: the configuration names one.
processor::imaginary::RemoteOptions remote_options(const config::Config& config);

}  // namespace imcaxy::server
