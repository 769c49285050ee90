// Addresses as they may be shown: without what lets their reader in.
#pragma once

#include <string>
#include <string_view>

#include "inflight/api.hpp"

namespace inflight {

/// `spec` as it may be shown, be it well formed or not: whoever is named before the host, with a password or a token,
/// is
/// "***", and so is each value of a query, for anything may be a secret there. What is no address stays as it is.
/// "rtsp://***@host/path?channel=***". Public: media.hpp declares it to users.
INFLIGHT_API std::string redacted(const std::string& spec);

/// The same of every address within a text for people; one ends at a blank, a quote or a bracket.
INFLIGHT_API std::string redacted_text(const std::string& text);

}  // namespace inflight
