// What the shared library shows to programs that link it: the namespaces of the public headers, and nothing else.
#pragma once

/// Written after `namespace` in public headers: `namespace INFLIGHT_API inflight { … }`. Everything that is declared in
/// such a block is visible in libinflight.so; what only the library's own sources declare is hidden.
#define INFLIGHT_API __attribute__((visibility("default")))
