// Which encoding is it? Leader 09 says so, and often lies.
#pragma once

#include <cstdint>
#include <string_view>

namespace rapidmarc {

enum class Encoding : std::uint8_t {
  unknown,  // nobody looked
  utf8,
  marc8,
  latin1,
};

/// The encoding that leader 09 claims for `leader`, of at least ten bytes: UTF-8 or MARC-8.
Encoding claimed_encoding(std::string_view leader) noexcept;

/// The encoding that `text` most plausibly is in; `claimed` where nothing tells them apart. One
/// pass to validate, one to weigh.
///
/// Bytes above 0x7F that are valid UTF-8 are UTF-8. Else escape sequences tell MARC-8, bytes that
/// ANSEL does not have tell Latin-1, and so does a combining mark of ANSEL (0xE0 to 0xFE, before
/// its letter) where no letter follows that carries marks.
Encoding guess_encoding(std::string_view text, Encoding claimed) noexcept;

/// The same for a whole record, leader and all; what the leader claims where nothing tells.
Encoding encoding_of(std::string_view record) noexcept;

/// "utf-8", "marc-8" or "latin-1"; empty for unknown.
std::string_view name_of(Encoding encoding) noexcept;

}  // namespace rapidmarc
