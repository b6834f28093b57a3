// Unicode to MARC-8: the reference decoder reads back what was encoded; what has no code is an
// error that says where, or a reference; no escape stays open.
#include <algorithm>
#include <string>

#include "core/format.hpp"
#include "core/marc8.hpp"
#include "core/marc8_tables.hpp"
#include "fuzz/target.hpp"
#include "reference/marc8.hpp"
#include "reference/text.hpp"

using namespace rapidmarc;
using fuzz::require;

namespace {

bool is_control(char32_t c) { return c < 0x20 || (c >= 0x7F && c < 0xA0); }

/// Non-sorting marks and joiners have codes, but every decoder of pymarc's kind drops those.
bool vanishes(char32_t c) { return c == 0x98 || c == 0x9C || c == 0x200C || c == 0x200D; }

/// Has a code by the Library of Congress to which every decoder of pymarc's kind gives another.
bool is_disputed(char32_t c) {
  return std::any_of(marc8_tables::lc_values.begin(), marc8_tables::lc_values.end(),
                     [c](const auto& each) { return each.value == c; });
}

/// Is written in two halves, and comes back so.
bool spans_two_letters(char32_t c) { return c == 0x360 || c == 0x361; }

bool cannot_return(char32_t c) { return vanishes(c) || is_disputed(c) || spans_two_letters(c); }

std::string nfc(std::string_view utf8) {
  const auto characters = reference::to_characters(utf8);
  return reference::to_utf8(reference::to_nfc(fuzz::required(characters, "invalid UTF-8")));
}

std::string read_back(std::string_view marc8) {
  const reference::Marc8Reading reading = reference::read_marc8(marc8, false);
  require(reading.valid && reading.notes.empty(), "what was encoded cannot be read");
  return reading.text;
}

void check_strict(std::string_view text, const std::u32string& characters,
                  const std::string& references) {
  std::string out = "before";
  const auto error = marc8_encode(text, out);
  if (error) {
    require(out == "before", "an error leaves something behind");
    require(error->kind == Marc8EncodeError::Kind::unmappable, "the kind of the error");
    require(error->position < text.size() &&
                reference::to_characters(text.substr(0, error->position)).has_value(),
            "the place of the error");
    require(references.find("&#x") != std::string::npos, "no reference where there is an error");
    return;
  }
  const std::string encoded = out.substr(6);
  require(encoded == references, "references in a text that needs none");
  if (std::any_of(characters.begin(), characters.end(), cannot_return)) return;
  require(read_back(encoded) == nfc(text), "the text read back");
  require(read_back(encoded + "a\xE2"
                              "e") == nfc(std::string(text) + "a\xC3\xA9"),
          "an escape stays open");
}

void check_field(std::string_view text, bool control) {
  std::string out = "before";
  const auto error = marc8_encode_field(text, control, out, Marc8Unmappable::numeric_reference);
  if (error) {
    require(out == "before", "an error leaves something behind");
    return;
  }
  require(out.ends_with(field_terminator), "a field without terminator");
  if (text.ends_with(field_terminator)) text.remove_suffix(1);
  std::string expected = "before";
  for (bool first = true;; first = false) {
    const std::size_t end = control ? text.npos : text.find(subfield_delimiter);
    const std::string_view part = text.substr(0, end);
    if (first && !control) {
      expected += part;
    } else if (control) {
      const auto characters = reference::to_characters(part);
      for (const char32_t each : fuzz::required(characters, "an invalid field is taken")) {
        if (each < 0x80) {
          expected += static_cast<char>(each);
        } else {
          append_numeric_reference(each, expected);
        }
      }
    } else {
      expected += part.substr(0, 1);
      require(!marc8_encode(part.substr(std::min<std::size_t>(part.size(), 1)), expected,
                            Marc8Unmappable::numeric_reference),
              "a value that cannot be encoded alone");
    }
    if (end == text.npos) break;
    expected += subfield_delimiter;
    text.remove_prefix(end + 1);
  }
  require(out == expected + field_terminator, "the field");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::Input(data, size).rest();
  check_field(text, false);
  check_field(text, true);
  const auto characters = reference::to_characters(text);
  if (!characters) {
    std::string out = "before";
    const auto found = marc8_encode(text, out, Marc8Unmappable::numeric_reference);
    const Marc8EncodeError& error = fuzz::required(found, "invalid text is taken");
    require(error.kind == Marc8EncodeError::Kind::invalid_utf8, "the kind of the error");
    require(error.position == reference::valid_prefix(text) && out == "before",
            "the place of what is invalid");
    return 0;
  }
  std::string references;
  require(!marc8_encode(text, references, Marc8Unmappable::numeric_reference),
          "a text that references cannot save");
  check_strict(text, *characters, references);
  const bool odd = std::any_of(characters->begin(), characters->end(),
                               [](char32_t c) { return is_control(c) || cannot_return(c); });
  if (odd || text.find("&#x") != text.npos) return 0;
  require(nfc(reference::expand_references(read_back(references))) == nfc(text),
          "the text read back from references");
  return 0;
}
