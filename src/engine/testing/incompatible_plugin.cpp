// A module as one would find it left over from another version of Inflight.
#include "plugin.hpp"

extern "C" const inflight::Plugin inflight_plugin{inflight::kPluginAbi + 1, "old",
                                                  [](std::string&) -> inflight::Engine* { std::terminate(); }};
