// One MARCXML record by expat, event by event: the judge of the scanner.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rapidmarc::reference {

struct XmlField {
  std::string tag;
  bool control = false;
  std::string data;  // as it stands in a record, without terminator
};

struct XmlReading {
  std::string leader = "          22        4500";
  std::vector<XmlField> fields;
};

/// The record in `text`, whose elements have `prefix`; nothing when it is not well-formed.
std::optional<XmlReading> read_xml_record(std::string_view text, std::string_view prefix);

}  // namespace rapidmarc::reference
