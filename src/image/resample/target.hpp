// Functions for machines that have certain instructions, which are asked for before such a function is called. Between
// the two macros no header is included: its functions must stay such that every machine can call them.
#pragma once

#define IMCAXY_PRAGMA(text) _Pragma(#text)

#if defined(__clang__)
#define IMCAXY_BEGIN_TARGET(features) \
  IMCAXY_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define IMCAXY_END_TARGET IMCAXY_PRAGMA(clang attribute pop)
#else
#define IMCAXY_BEGIN_TARGET(features) IMCAXY_PRAGMA(GCC push_options) IMCAXY_PRAGMA(GCC target(features))
#define IMCAXY_END_TARGET IMCAXY_PRAGMA(GCC pop_options)
#endif
