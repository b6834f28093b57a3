#include "core/text_form.hpp"

#include <algorithm>

#include "core/code_point.hpp"
#include "core/format.hpp"
#include "core/marc8.hpp"
#include "core/nfc.hpp"

namespace rapidmarc {

bool may_change(std::string_view utf8, bool is_ascii, const TextForm& form) noexcept {
  if (form.expand_references && utf8.find("&#x") != std::string_view::npos) return true;
  return form.normal_form != NormalForm::as_it_is && !is_ascii;
}

void put_into(const TextForm& form, std::string& utf8, std::size_t start) {
  if (form == TextForm{}) return;
  if (form.expand_references) {
    const std::string value = utf8.substr(start);
    utf8.resize(start);
    expand_numeric_references(value, utf8);
  }
  const std::string_view value = std::string_view(utf8).substr(start);
  if (form.normal_form == NormalForm::as_it_is || std::all_of(value.begin(), value.end(), is_ascii))
    return;
  std::u32string characters;
  for (std::size_t at = 0; at < value.size();) {
    const CodePoint each = read_utf8(value, at);
    characters += each.value;
    at += each.length;
  }
  form.normal_form == NormalForm::nfc ? normalise(characters) : normalise_to_nfd(characters);
  utf8.resize(start);
  for (const char32_t each : characters) append_utf8(utf8, each);
}

}  // namespace rapidmarc
