// Text as it stands inside of JSON and XML. No Python, no I/O. All input must be valid UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace rapidmarc {

/// Appends a JSON string in quotes, in ASCII: what is not a printable ASCII character is escaped,
/// with lower-case digits and surrogate pairs, as Python's `json` does it.
void append_json_string(std::string& out, std::string_view utf8);

/// Appends the text of an XML element, in ASCII with decimal character references, or in UTF-8.
void append_xml_text(std::string& out, std::string_view utf8, bool ascii_only);

/// Appends the value of an XML attribute, for double quotes. False if it holds white space besides
/// blanks, for which there is more than one usage.
bool append_xml_attribute(std::string& out, std::string_view utf8, bool ascii_only);

}  // namespace rapidmarc
