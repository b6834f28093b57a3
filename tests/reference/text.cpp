#include "reference/text.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/nfc_tables.hpp"

namespace rapidmarc::reference {
namespace {

unsigned byte_at(std::string_view text, std::size_t place) {
  return static_cast<unsigned char>(text[place]);
}

/// Length of the character at `place`, and the character; length 0 when there is none.
std::size_t read_one(std::string_view text, std::size_t place, char32_t& character) {
  const unsigned lead = byte_at(text, place);
  if (lead < 0x80) {
    character = lead;
    return 1;
  }
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC0 || lead > 0xF7 || place + length > text.size()) return 0;
  character = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned next = byte_at(text, place + i);
    if (next < 0x80 || next > 0xBF) return 0;
    character = character << 6 | (next & 0x3F);
  }
  const char32_t least = length == 4 ? 0x10000 : length == 3 ? 0x800 : 0x80;
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  return character < least || character > 0x10FFFF || surrogate ? 0 : length;
}

using Pair = std::pair<char32_t, char32_t>;

/// The annex's data as plain tables, looked up by nothing of core's.
struct Normalisation {
  std::unordered_map<char32_t, unsigned> classes;  // those other than 0
  std::unordered_map<char32_t, Pair> taken_apart;
  std::map<Pair, char32_t> joined;

  Normalisation() {
    for (const auto& range : nfc_tables::combining_ranges) {
      for (char32_t each = range.first; each <= range.last; ++each)
        classes[each] = range.combining_class;
    }
    for (const auto& each : nfc_tables::decompositions)
      taken_apart[each.composed] = {each.first, each.second};
    for (const auto place : nfc_tables::compositions) {
      const auto& each = nfc_tables::decompositions[place];
      joined[{each.first, each.second}] = each.composed;
    }
    // Hangul: a leading consonant, a vowel, perhaps a trailing consonant (Unicode Standard, 3.12).
    for (char32_t syllable = 0xAC00; syllable <= 0xD7A3; ++syllable) {
      const char32_t number = syllable - 0xAC00;
      const bool open = number % 28 == 0;
      const Pair parts = open ? Pair{0x1100 + number / 588, 0x1161 + number % 588 / 28}
                              : Pair{syllable - number % 28, 0x11A7 + number % 28};
      taken_apart[syllable] = parts;
      joined[parts] = syllable;
    }
  }
};

const Normalisation& normalisation() {
  static const Normalisation tables;
  return tables;
}

unsigned class_of(char32_t character) {
  const auto found = normalisation().classes.find(character);
  return found == normalisation().classes.end() ? 0 : found->second;
}

char32_t join(char32_t first, char32_t second) {
  const auto found = normalisation().joined.find({first, second});
  return found == normalisation().joined.end() ? 0 : found->second;
}

void decompose_into(std::u32string& out, char32_t character) {
  const auto parts = normalisation().taken_apart.find(character);
  if (parts == normalisation().taken_apart.end()) {
    out += character;
    return;
  }
  decompose_into(out, parts->second.first);
  if (parts->second.second != 0) decompose_into(out, parts->second.second);
}

/// The value of one to six hexadecimal digits; nothing for any other text.
std::optional<char32_t> hexadecimal(std::string_view digits) {
  if (digits.empty() || digits.size() > 6) return std::nullopt;
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
    return std::nullopt;
  return static_cast<char32_t>(std::stoul(std::string(digits), nullptr, 16));
}

bool may_be_referred_to(char32_t character) {
  const bool control = character < 0x20 || (character >= 0x7F && character < 0xA0);
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  return !control && !surrogate && character <= 0x10FFFF;
}

std::string json_unit(unsigned unit) {
  char text[8];
  std::snprintf(text, sizeof text, "\\u%04x", unit);
  return text;
}

}  // namespace

std::optional<std::u32string> to_characters(std::string_view utf8) {
  std::u32string characters;
  for (std::size_t place = 0; place < utf8.size();) {
    char32_t character = 0;
    const std::size_t length = read_one(utf8, place, character);
    if (length == 0) return std::nullopt;
    characters += character;
    place += length;
  }
  return characters;
}

std::string to_utf8(std::u32string_view characters) {
  std::string utf8;
  for (const char32_t each : characters) {
    const int more = each < 0x80 ? 0 : each < 0x800 ? 1 : each < 0x10000 ? 2 : 3;
    const unsigned marks[] = {0x00, 0xC0, 0xE0, 0xF0};
    utf8 += static_cast<char>(marks[more] | each >> (6 * more));
    for (int i = more - 1; i >= 0; --i) utf8 += static_cast<char>(0x80 | (each >> (6 * i) & 0x3F));
  }
  return utf8;
}

std::size_t valid_prefix(std::string_view text) {
  std::size_t place = 0;
  while (place < text.size()) {
    char32_t character = 0;
    const std::size_t length = read_one(text, place, character);
    if (length == 0) break;
    place += length;
  }
  return place;
}

TextFacts facts_of(std::string_view text) {
  TextFacts facts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned byte = byte_at(text, i);
    if (byte > 0x7F) facts.ascii = false;
    if (byte == 0x7F || (byte < 0x20 && byte != 0x1D && byte != 0x1E && byte != 0x1F))
      facts.plain = false;
    if (byte != 0x1F || i + 1 == text.size()) continue;
    const unsigned next = byte_at(text, i + 1);
    if (next == 0x1F || next == 0x1E) facts.empty_subfield = true;
    if (next > 0x7F) facts.odd_code = true;
  }
  return facts;
}

std::u32string to_nfd(std::u32string_view text) {
  std::u32string out;
  for (const char32_t each : text) decompose_into(out, each);
  for (bool moved = true; moved;) {
    moved = false;
    for (std::size_t i = 1; i < out.size(); ++i) {
      const auto second = class_of(out[i]);
      if (second == 0 || class_of(out[i - 1]) <= second) continue;
      std::swap(out[i - 1], out[i]);
      moved = true;
    }
  }
  return out;
}

std::u32string to_nfc(std::u32string_view text) {
  std::u32string out;
  for (const char32_t each : to_nfd(text)) {
    std::size_t starter = out.size();
    while (starter > 0 && class_of(out[starter - 1]) != 0) --starter;
    const bool blocked =
        starter == 0 ||
        std::any_of(out.begin() + static_cast<std::ptrdiff_t>(starter), out.end(),
                    [each](char32_t between) { return class_of(between) >= class_of(each); });
    const char32_t joined = blocked ? 0 : join(out[starter - 1], each);
    if (joined != 0) {
      out[starter - 1] = joined;
    } else {
      out += each;
    }
  }
  return out;
}

std::string expand_references(std::string_view utf8) {
  std::string out;
  for (std::size_t place = 0; place < utf8.size();) {
    const std::string_view rest = utf8.substr(place);
    const std::size_t end = rest.find(';');
    if (rest.starts_with("&#x") && end != std::string_view::npos) {
      const auto character = hexadecimal(rest.substr(3, end - 3));
      if (character && may_be_referred_to(*character)) {
        out += to_utf8({&*character, 1});
        place += end + 1;
        continue;
      }
    }
    out += utf8[place++];
  }
  return out;
}

std::string in_form(std::string_view utf8, const TextForm& form) {
  std::string text = form.expand_references ? expand_references(utf8) : std::string(utf8);
  if (form.normal_form == NormalForm::as_it_is) return text;
  const std::u32string characters = to_characters(text).value();
  return to_utf8(form.normal_form == NormalForm::nfc ? to_nfc(characters) : to_nfd(characters));
}

std::string json_string(std::u32string_view characters) {
  const std::u32string_view special = U"\"\\\b\f\n\r\t";
  const std::string_view letters = "\"\\bfnrt";
  std::string out = "\"";
  for (const char32_t each : characters) {
    const std::size_t known = special.find(each);
    if (known != std::u32string_view::npos) {
      out += {'\\', letters[known]};
    } else if (each >= 0x20 && each < 0x7F) {
      out += static_cast<char>(each);
    } else if (each < 0x10000) {
      out += json_unit(each);
    } else {
      const char32_t number = each - 0x10000;
      out += json_unit(0xD800 + number / 0x400) + json_unit(0xDC00 + number % 0x400);
    }
  }
  return out + '"';
}

std::string xml_text(std::u32string_view characters, bool ascii_only) {
  std::string out;
  for (const char32_t each : characters) {
    if (each == '&') {
      out += "&amp;";
    } else if (each == '<') {
      out += "&lt;";
    } else if (each == '>') {
      out += "&gt;";
    } else if (each > 0x7F && ascii_only) {
      out += "&#" + std::to_string(static_cast<unsigned long>(each)) + ";";
    } else {
      out += to_utf8({&each, 1});
    }
  }
  return out;
}

}  // namespace rapidmarc::reference
