// MARC-8, the character coding of MARC 21 records without 'a' in leader 09, to Unicode and back.
//
// Decoding answers as pymarc's converter does, peculiarities included: which escapes are obeyed,
// what vanishes, what becomes a blank, what is said about it. Encoding has no model there and
// follows the Library of Congress. Nothing here prints or keeps state between threads: notes are
// data, and whoever has the user's ear turns them into text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rapidmarc {

/// Something that pymarc writes to standard error while it converts.
struct Marc8Note {
  enum class Kind : std::uint8_t {
    multi_byte_exceeds,  // the value ends within a character of three bytes
    unparsable,          // the sets in force have no such character
  };
  Kind kind = Kind::unparsable;
  std::uint64_t position = 0;  // multi_byte_exceeds: where the character should have ended
  std::uint64_t length_or_code =
      0;       // multi_byte_exceeds: length of the value; unparsable: the code
  int g0 = 0;  // unparsable: the sets in force
  int g1 = 0;
};

/// The line that pymarc writes, with the line feed.
std::string to_text(const Marc8Note& note);

enum class Marc8Status : std::uint8_t {
  ok,
  invalid,  // an escape sequence runs off the end; pymarc raises UnicodeDecodeError
};

/// A converter that keeps the sets in force from one value to the next.
///
/// Sets are named by the final byte of their escape sequence. Any number is accepted and noted as
/// unparsable when a character of it is asked for, as in pymarc.
class Marc8Decoder {
 public:
  static constexpr int basic_latin = 0x42;
  static constexpr int extended_latin = 0x45;

  explicit Marc8Decoder(int g0 = basic_latin, int g1 = extended_latin) noexcept
      : g0_(g0), g1_(g1) {}

  int g0() const noexcept { return g0_; }
  int g1() const noexcept { return g1_; }

  /// Appends the text of `marc8` to `out` in UTF-8 and NFC. Whatever is to be said is appended to
  /// `notes`, which may be null; `quiet` leaves out notes of kind unparsable, and only those.
  /// If the value is invalid, `out` is as before, but notes and sets show how far it was read.
  Marc8Status translate(std::string_view marc8, std::string& out,
                        std::vector<Marc8Note>* notes = nullptr, bool quiet = false);

  /// The same for characters in the place of bytes: no escape is recognised among them.
  Marc8Status translate(std::u32string_view text, std::string& out,
                        std::vector<Marc8Note>* notes = nullptr, bool quiet = false);

 private:
  int g0_;
  int g1_;
};

/// Appends the text of one value (of a subfield, without its delimiter) to `out`, in UTF-8 and NFC.
/// Every value begins with the default sets. Otherwise as `Marc8Decoder::translate`.
inline Marc8Status marc8_append_utf8(std::string_view value, std::string& out,
                                     std::vector<Marc8Note>* notes, bool quiet = false) {
  return Marc8Decoder{}.translate(value, out, notes, quiet);
}

/// Whether decoding leaves `value` as it is because every byte is a printable ASCII character.
bool marc8_is_plain(std::string_view value) noexcept;

/// What to do with characters that MARC-8 does not have.
enum class Marc8Unmappable : std::uint8_t {
  error,
  numeric_reference,  // as &#x4E2D;
};

struct Marc8EncodeError {
  enum class Kind : std::uint8_t { unmappable, invalid_utf8 };
  Kind kind;
  std::size_t position;  // byte of the text at which the character begins
  char32_t code_point;   // 0 for invalid UTF-8
};

/// Appends `utf8` in MARC-8 to `out`, with the default sets in force at its start and its end. The
/// text may be in any normalisation form. On an error `out` is as before.
std::optional<Marc8EncodeError> marc8_encode(std::string_view utf8, std::string& out,
                                             Marc8Unmappable unmappable = Marc8Unmappable::error);

struct Marc8FieldError {
  char32_t code_point;  // what has no code; 0: the text is not valid UTF-8
  char subfield_code;   // of the subfield it is in; 0 elsewhere
  bool referable;       // whether a numeric reference could stand there
};

/// Appends a field (data and terminator, in UTF-8) in MARC-8 to `out`. A control field can hold
/// ASCII only, because readers do not take those for MARC-8; so can indicators and subfield codes.
/// On an error `out` is as before.
std::optional<Marc8FieldError> marc8_encode_field(std::string_view field, bool is_control,
                                                  std::string& out, Marc8Unmappable unmappable);

/// Appends a reference such as &#x4E2D;.
void append_numeric_reference(char32_t character, std::string& out);

/// Appends `utf8` to `out` with each reference such as &#x4E2D; replaced by its character. Left as
/// they are: references to control characters, which could break a record, and to no character.
void expand_numeric_references(std::string_view utf8, std::string& out);

}  // namespace rapidmarc
