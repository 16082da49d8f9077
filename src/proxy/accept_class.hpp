// What an Accept header says of the formats on offer, and nothing else: a thousand headers are a few classes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "image/delivery.hpp"
#include "image/format.hpp"

namespace imcaxy::proxy {

/// Which of the formats on offer a client names: a bit for each, so there are at most eight. JPEG has none: every
/// client reads it.
using AcceptClass = std::uint8_t;

/// Costs one pass over the header.
AcceptClass class_of(std::string_view accept, std::span<const image::Format> on_offer);

/// What clients of a class may get.
image::Readable readable(std::span<const image::Format> on_offer, AcceptClass accepted);

/// The best of them: AVIF, or else WebP, or only what every client reads.
enum class ClientClass : std::uint8_t { avif, webp, legacy };
ClientClass client_class(std::span<const image::Format> on_offer, AcceptClass accepted);

/// For the keys of answers: `formats=avif,webp,jpeg`.
std::string variant_name(const image::Readable& formats);

}  // namespace imcaxy::proxy
