// Text: the vector road against the portable one and both against the reference; strings for JSON
// and XML; normal forms and references.
#include <string>

#include "core/escape.hpp"
#include "core/format.hpp"
#include "core/marc8.hpp"
#include "core/text_form.hpp"
#include "core/utf8.hpp"
#include "core/utf8_scalar.hpp"
#include "fuzz/target.hpp"
#include "reference/text.hpp"

using namespace rapidmarc;
using fuzz::require;

namespace {

bool same(const TextFacts& left, const TextFacts& right) {
  return left.ascii == right.ascii && left.plain == right.plain &&
         left.empty_subfield == right.empty_subfield && left.odd_code == right.odd_code;
}

void check_scanning(std::string_view text) {
  const TextFacts expected = reference::facts_of(text);
  require(same(scalar::scan_text(text), expected), "facts by the portable road");
  require(same(scan_text(text), expected), "facts by the vector road");
  const bool valid = reference::to_characters(text).has_value();
  require(scalar::is_valid_utf8(text) == valid, "validity by the portable road");
  require(is_valid_utf8(text) == valid, "validity by the vector road");
}

void check_escaping(std::string_view text, std::u32string_view characters) {
  std::string out;
  append_json_string(out, text);
  require(out == reference::json_string(characters), "a JSON string");
  const bool has_space = text.find_first_of("\t\n\r") != text.npos;
  for (const bool ascii_only : {false, true}) {
    out.clear();
    append_xml_text(out, text, ascii_only);
    require(out == reference::xml_text(characters, ascii_only), "XML text");
    out.clear();
    require(append_xml_attribute(out, text, ascii_only) == !has_space, "an attribute with spaces");
    std::string expected;
    for (const char32_t each : characters) {
      expected += each == '"' ? "&quot;" : reference::xml_text({&each, 1}, ascii_only);
    }
    require(has_space || out == expected, "an XML attribute");
  }
}

void check_forms(std::string_view text) {
  std::string expanded = "before";
  expand_numeric_references(text, expanded);
  require(expanded == "before" + reference::expand_references(text), "references");
  for (const NormalForm form : {NormalForm::as_it_is, NormalForm::nfc, NormalForm::nfd}) {
    for (const bool expand : {false, true}) {
      const TextForm wanted{form, expand};
      std::string out = "before" + std::string(text);
      put_into(wanted, out, 6);
      const std::string expected = reference::in_form(text, wanted);
      require(out == "before" + expected, "a normal form");
      require(may_change(text, scan_text(text).ascii, wanted) || expected == text,
              "a text that may not change does");
    }
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  // Where the text begins in memory matters to code that reads several bytes at once.
  const std::size_t shift = input.byte() % 64;
  const std::string moved = std::string(shift, 'x') + std::string(input.rest());
  const std::string_view text = std::string_view(moved).substr(shift);
  check_scanning(text);
  const auto characters = reference::to_characters(text);
  if (!characters) return 0;
  check_escaping(text, *characters);
  check_forms(text);
  return 0;
}
