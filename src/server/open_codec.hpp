// Finds and starts imcaxy-codec.
#pragma once

#include <memory>
#include <string>

#include "codec/client.hpp"
#include "config/config.hpp"

namespace imcaxy::server {

/// The program for foreign formats in use by the image module, from its making to its end: to be made before and to end
/// after whatever processes pictures. Without the program the server works; those formats are refused with the reason.
class CodecInUse {
 public:
  explicit CodecInUse(const config::Config& config);
  ~CodecInUse();
  CodecInUse(const CodecInUse&) = delete;
  CodecInUse& operator=(const CodecInUse&) = delete;

  /// Null when there is none.
  const codec::Stats* stats() const { return client_ ? &client_->stats() : nullptr; }

 private:
  std::unique_ptr<codec::Client> client_;
};

}  // namespace imcaxy::server
