// Texts from elsewhere, made fit to be shown.
#pragma once

#include <string>
#include <string_view>

namespace inflight {

/// How many bytes the UTF-8 character at the front of `text` has; 0 if it is none (RFC 3629). Precondition: not empty.
std::size_t utf8_length(std::string_view text) noexcept;

/// At most `most` bytes of `text` as valid UTF-8 on one line: U+FFFD stands for what is no character, a space for each
/// control character.
std::string printable(std::string_view text, std::size_t most);

}  // namespace inflight
