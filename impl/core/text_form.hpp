// What a reader may ask for beyond pymarc: the normal form of text (Unicode Standard Annex 15), and
// characters in the place of numeric references.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rapidmarc {

enum class NormalForm : std::uint8_t { as_it_is, nfc, nfd };

/// What becomes of each value once it is text. References are expanded first.
struct TextForm {
  NormalForm normal_form = NormalForm::as_it_is;
  bool expand_references = false;

  friend bool operator==(const TextForm&, const TextForm&) = default;
};

/// False when `utf8`, one value or many, surely is in the form already.
bool may_change(std::string_view utf8, bool is_ascii, const TextForm& form) noexcept;

/// Puts what stands in `utf8` from byte `start` on, one value in valid UTF-8, into the form.
void put_into(const TextForm& form, std::string& utf8, std::size_t start);

}  // namespace rapidmarc
