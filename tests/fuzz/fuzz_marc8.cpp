// MARC-8 to Unicode: text, notes and sets in force are those of the reference, for bytes and for
// characters in their place.
#include <string>
#include <vector>

#include "core/marc8.hpp"
#include "core/utf8.hpp"
#include "fuzz/target.hpp"
#include "reference/marc8.hpp"
#include "reference/text.hpp"

using namespace rapidmarc;
using fuzz::require;

namespace {

void compare(const reference::Marc8Reading& expected, Marc8Status status, const std::string& out,
             const std::vector<Marc8Note>& notes, const Marc8Decoder& decoder) {
  require((status == Marc8Status::ok) == expected.valid, "whether the value is valid");
  require(out == "before" + expected.text, "the text");
  require(decoder.g0() == expected.g0 && decoder.g1() == expected.g1, "the sets in force");
  require(notes.size() == expected.notes.size(), "the number of notes");
  for (std::size_t i = 0; i < notes.size(); ++i)
    require(to_text(notes[i]) == to_text(expected.notes[i]), "a note");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input(data, size);
  const unsigned flags = input.byte();
  const bool quiet = (flags & 1) != 0;
  const int g0 = (flags & 2) != 0 ? static_cast<int>(input.byte()) : Marc8Decoder::basic_latin;
  const int g1 = (flags & 4) != 0 ? static_cast<int>(input.byte()) : Marc8Decoder::extended_latin;
  const std::string_view bytes = input.rest();

  std::u32string codes;
  for (const char each : bytes) codes += static_cast<unsigned char>(each);
  std::string out = "before";
  std::vector<Marc8Note> notes;
  Marc8Decoder decoder(g0, g1);
  const Marc8Status status = decoder.translate(bytes, out, &notes, quiet);
  compare(reference::read_marc8(codes, true, quiet, g0, g1), status, out, notes, decoder);
  if (marc8_is_plain(bytes)) require(out == "before" + std::string(bytes) || g0 != 'B', "plain");

  if (const auto characters = reference::to_characters(bytes)) {
    out = "before";
    notes.clear();
    Marc8Decoder other(g0, g1);
    const Marc8Status answer = other.translate(*characters, out, &notes, quiet);
    compare(reference::read_marc8(*characters, false, quiet, g0, g1), answer, out, notes, other);
  }
  return 0;
}
