// Text, character by character: the obvious way for everything that core does with tables of bytes,
// eight bytes at a time or with vector instructions. Slow, and meant to be checked by reading.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/text_form.hpp"
#include "core/utf8.hpp"

namespace rapidmarc::reference {

/// The characters of `utf8` (RFC 3629); nothing when it is not valid.
std::optional<std::u32string> to_characters(std::string_view utf8);

std::string to_utf8(std::u32string_view characters);

/// How many bytes of `text` come before the first that spoils it.
std::size_t valid_prefix(std::string_view text);

TextFacts facts_of(std::string_view text);

/// Unicode Standard Annex 15, by the definitions: blocked is looked for, mark by mark.
std::u32string to_nfd(std::u32string_view text);
std::u32string to_nfc(std::u32string_view text);

/// `utf8` with characters in the place of references such as &#x4E2D;, one to six digits long.
std::string expand_references(std::string_view utf8);

std::string in_form(std::string_view utf8, const TextForm& form);

/// A JSON string in ASCII (RFC 8259, 7).
std::string json_string(std::u32string_view characters);

/// Text for an XML element or attribute.
std::string xml_text(std::u32string_view characters, bool ascii_only);

}  // namespace rapidmarc::reference
