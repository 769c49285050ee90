// For classes that a public header only names. Without it their members would be visible in libinflight.so like those
// of the class around them.
#pragma once

#define INFLIGHT_HIDDEN __attribute__((visibility("hidden")))
