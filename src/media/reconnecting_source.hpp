// A source that is opened again when it was lost.
#pragma once

#include <functional>
#include <memory>

#include "inflight/media.hpp"

namespace inflight::media {

using OpenSource = std::function<Result<std::unique_ptr<Source>>(const SourceOptions&)>;

/// What `open` gives, by the `options` of the first and of every further opening; where that is a live source, one
/// that does not end with a connection: numbers and times of its frames go on over all of them, and so does `limit`.
/// A source that is not live, or is not to be opened again, is handed on as it is. Errors: those of the first opening.
Result<std::unique_ptr<Source>> open_reconnecting(OpenSource open, const SourceOptions& options,
                                                  Clock& clock = steady_clock());

}  // namespace inflight::media
