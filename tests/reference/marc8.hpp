// MARC-8 to Unicode, one character at a time, everything normalised at the very end. The twin of
// marc8.py, which pymarc's tables and pymarc's own converter judge.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/marc8.hpp"

namespace rapidmarc::reference {

struct Marc8Reading {
  bool valid = true;
  std::string text;  // UTF-8 in NFC; empty unless valid
  std::vector<Marc8Note> notes;
  int g0 = Marc8Decoder::basic_latin;  // at the end
  int g1 = Marc8Decoder::extended_latin;
};

/// `codes` are bytes, or characters taken as codes, among which there are no escapes.
Marc8Reading read_marc8(std::u32string_view codes, bool escapes, bool quiet,
                        int g0 = Marc8Decoder::basic_latin, int g1 = Marc8Decoder::extended_latin);

/// The same for bytes.
Marc8Reading read_marc8(std::string_view bytes, bool quiet);

}  // namespace rapidmarc::reference
