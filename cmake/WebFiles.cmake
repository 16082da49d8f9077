# FROM, the files of the pages for browsers as C++, or a table of none, as TO; TO changes only when its content does.
if(EXISTS ${FROM})
  configure_file(${FROM} ${TO} COPYONLY)
else()
  file(CONFIGURE OUTPUT ${TO} CONTENT [[
#include "server/web/file.hpp"

namespace imcaxy::server {

std::span<const WebFile> web_files() {
  return {};
}

}  // namespace imcaxy::server
]])
endif()
