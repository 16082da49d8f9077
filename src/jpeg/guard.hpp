// libjpeg's errors as values. Internal to the module.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdio>

#include <jpeglib.h>
// After it.
#include <jerror.h>

#include "base/error.hpp"

namespace imcaxy::jpeg {

/// The library leaves a function that fails by longjmp, so what runs inside holds nothing with a destructor.
struct ErrorManager {
  jpeg_error_mgr manager;  // first: libjpeg hands back its address
  std::jmp_buf place;

  ErrorManager();
  Error error(int status) const;
};

/// `work` calls libjpeg and holds no object with a destructor. False when the library gave up.
template <class Work>
bool guarded(ErrorManager& errors, Work work) {
  if (setjmp(errors.place) != 0) return false;
  work();
  return true;
}

}  // namespace imcaxy::jpeg
