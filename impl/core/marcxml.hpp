// The fast road through MARCXML: one record as practically every program writes it. No Python, no
// I/O, no state.
//
// It takes elements, attributes in quotes, text in UTF-8 and the references every XML knows, and
// checks all that a parser would. Anything else (comments, sections, declarations, fields that do
// not fit a view) is for the XML parser: this road hands over, it never guesses.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/decode.hpp"

namespace rapidmarc {

/// A record as a view has it: 24 characters of leader, then the fields' data, in UTF-8.
struct XmlRecord {
  std::string content;
  Entries entries;  // offsets count from the start of `content`
  bool ascii = true;
};

enum class XmlScan : std::uint8_t { record, odd, incomplete };

/// Reads the record at `position` of `text`, white space before it included, and moves `position`
/// behind it; leaves it where it is unless the answer is `record`. `start_tag` is what the record
/// must begin with, such as `<marc:record>`; `prefix` that of its elements, such as `marc:`.
XmlScan scan_xml_record(std::string_view text, std::size_t& position, std::string_view start_tag,
                        std::string_view prefix, XmlRecord& record);

}  // namespace rapidmarc
