// The hub is header-only templates; this file gives the library something to archive.
#include "hub/data_hub.hpp"
#include "hub/reader.hpp"
