// A module that fits, of an engine whose own library is missing.
#include "plugin.hpp"

extern "C" const inflight::Plugin inflight_plugin{inflight::kPluginAbi, "unusable",
                                                  [](std::string& problem) -> inflight::Engine* {
                                                    problem = "libvendor.so was looked for and not found";
                                                    return nullptr;
                                                  }};
