#include "proxy/accept_class.hpp"

#include "http/negotiation.hpp"

namespace imcaxy::proxy {

AcceptClass class_of(std::string_view accept, std::span<const image::Format> on_offer) {
  AcceptClass found = 0;
  if (accept.find("image/") == accept.npos) return found;
  for (std::size_t i = 0; i < on_offer.size(); ++i) {
    const image::Format format = on_offer[i];
    if (format != image::Format::jpeg && http::accepts_by_name(accept, image::mime_type(format)))
      found |= static_cast<AcceptClass>(1u << i);
  }
  return found;
}

image::Readable readable(std::span<const image::Format> on_offer, AcceptClass accepted) {
  image::Readable out;
  for (std::size_t i = 0; i < on_offer.size(); ++i) {
    if (on_offer[i] == image::Format::jpeg) out.jpeg = true;
    if (accepted >> i & 1) out.modern.push_back(on_offer[i]);
  }
  return out;
}

ClientClass client_class(std::span<const image::Format> on_offer, AcceptClass accepted) {
  ClientClass found = ClientClass::legacy;
  for (std::size_t i = 0; i < on_offer.size(); ++i) {
    if ((accepted >> i & 1) == 0) continue;
    if (on_offer[i] == image::Format::avif) return ClientClass::avif;
    if (on_offer[i] == image::Format::webp) found = ClientClass::webp;
  }
  return found;
}

std::string variant_name(const image::Readable& formats) {
  std::string out = "formats=";
  for (const image::Format format : formats.modern) out.append(image::name(format)).append(",");
  return out + (formats.jpeg ? "jpeg" : "");
}

}  // namespace imcaxy::proxy
