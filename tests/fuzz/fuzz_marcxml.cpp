// MARCXML: every record that the scanner takes is one to expat as well, with the same leader,
// fields and text; and what is cut short is never taken.
#include <string>
#include <utility>

#include "core/format.hpp"
#include "core/marcxml.hpp"
#include "fuzz/target.hpp"
#include "reference/marcxml.hpp"

using namespace rapidmarc;
using fuzz::require;

namespace {

void compare(std::string_view taken, std::string_view prefix, const XmlRecord& record) {
  const auto read = reference::read_xml_record(taken, prefix);
  const reference::XmlReading& expected = fuzz::required(read, "a record taken that expat refuses");
  require(std::string_view(record.content).substr(0, leader_length) == expected.leader, "leader");
  require(record.entries.size() == expected.fields.size(), "the number of fields");
  bool ascii = true;
  for (const char c : record.content) ascii = ascii && is_ascii(c);
  require(record.ascii == ascii, "whether the text is ASCII");
  std::size_t end = leader_length;
  for (std::size_t i = 0; i < record.entries.size(); ++i) {
    const Entry& entry = record.entries[i];
    const reference::XmlField& field = expected.fields[i];
    require(entry.offset == end, "where a field begins");
    end += entry.length;
    require(end <= record.content.size(), "a field past the content");
    require(entry.tag_text() == field.tag && entry.control == field.control, "a field's tag");
    require(record.content.substr(entry.offset, entry.length) == field.data, "a field's data");
  }
  require(end == record.content.size(), "content behind the fields");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  constexpr std::string_view prefixes[] = {"", "m:", "marc:"};
  const std::string_view prefix = prefixes[input.byte() % 3];
  const std::string_view text = input.rest();
  const std::string start_tag = std::string("<").append(prefix).append("record>");
  XmlRecord record;
  std::size_t position = 0;
  if (scan_xml_record(text, position, start_tag, prefix, record) != XmlScan::record) {
    require(position == 0, "the position moved without a record");
    return 0;
  }
  require(position <= text.size(), "the position behind the text");
  const std::string_view taken = text.substr(0, position);
  compare(taken, prefix, record);
  for (const std::size_t shorter : {position - 1, position / 2, position / 3}) {
    std::size_t start = 0;
    require(scan_xml_record(text.substr(0, shorter), start, start_tag, prefix, record) ==
                XmlScan::incomplete,
            "a record that was cut short");
  }
  return 0;
}
