// Where the system keeps the certificates of those who may vouch for others.
#pragma once

namespace imcaxy::http {

/// A file in PEM form where libcurl, which was built for Debian, does not look; nullptr where its own file is there, or
/// none is. Looked for once.
const char* certificates_elsewhere();

}  // namespace imcaxy::http
