// DID documents: what a directory says of an account.
#pragma once

#include <string>
#include <string_view>

#include "atproto/did.hpp"
#include "base/error.hpp"

namespace imcaxy::atproto {

/// The account's Personal Data Server as `https://host` or `https://host:port`, from the first service with the id
/// `#atproto_pds` and the type `AtprotoPersonalDataServer`. 502 in the words of the original proxy for a document that
/// names none, is none, or is another's.
Result<std::string> pds_of_document(std::string_view json, const Did& did);

}  // namespace imcaxy::atproto
